// SPDX-License-Identifier: Apache-2.0
//
// `redoubt session`: sessions at the desk (session_offline.cc) and in CAS (session_online.cc, session_volumes.cc). What a session means is
// src/policy's business, what may be done with it is CAS's.
#include "cli/session_commands.h"

namespace redoubt::cli {
namespace {

constexpr Command kSubcommands[] = {
    {"check", "find every mistake in a session, offline", define_session_check},
    {"hash", "print the hash that identifies a session", define_session_hash},
    {"sign", "sign a session for a board, offline", define_session_sign},
    {"create", "give CAS a new session", define_session_create},
    {"update", "replace a session in CAS", define_session_update},
    {"read", "print a session that CAS has", define_session_read},
    {"list", "print the names of the sessions in CAS", define_session_list},
    {"value", "print a public value of a session", define_session_value},
    {"volumes", "show what CAS keeps of a session's volumes", define_session_volumes},
    {"forget-volume", "begin anew with a volume that was lost or put back", define_session_forget_volume},
};

constexpr const char* kFooter =
    "Examples:\n"
    "  redoubt session check cache.yml\n"
    "  redoubt session create cache.yml\n"
    "  redoubt session update cache.yml --predecessor current\n"
    "  redoubt session read shop/cache --output cache.yml\n"
    "  redoubt session list shop/\n"
    "\n"
    "Exit status: 0 done, the session is valid (warnings allowed); 1 it has mistakes, or CAS refused;\n"
    "  2 the command line is wrong or a file cannot be read; 3 no CAS answers; 4 its key is not the one that is "
    "trusted;\n"
    "  125 Redoubt itself failed";

}  // namespace

Action define_session(CLI::App& app) {
  app.footer(kFooter);
  return define_subcommands(app, kSubcommands);
}

}  // namespace redoubt::cli
