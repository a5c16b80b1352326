// SPDX-License-Identifier: Apache-2.0
//
// What every command that talks to CAS has in common: where it is, which key it must have, who asks. An option counts before
// Redoubt's variable, that before SCONE's of the same meaning, that before the default.
#pragma once

#include <CLI/CLI.hpp>
#include <initializer_list>
#include <optional>
#include <string>

#include "cli/cas_client.h"

namespace redoubt::cli {

struct CasOptions {
  std::string cas;
  std::string cas_key;
  std::string identity;
  bool json = false;
};

// --cas, --cas-key, --identity and --json.
void add_cas_options(CLI::App& app, CasOptions& options);
void add_cas_address_options(CLI::App& app, CasOptions& options);  // --cas and --cas-key only

// The first of the variables that is set and not empty; else empty.
std::string first_of_environment(std::initializer_list<const char*> names);

Result<CasAddress> cas_address(const CasOptions& options);

// The key that the CAS at `address` must have: --cas-key, REDOUBT_CAS_KEY, or what `redoubt cas attest` has pinned.
Result<std::optional<std::string>> trusted_key(const CasOptions& options, const CasAddress& address);

// Refuses a CAS whose key is not known.
Result<CasClient> connect_to_cas(const CasOptions& options);

// What all --help of such commands end with.
inline constexpr const char* kCasFooter =
    "CAS is at --cas, $REDOUBT_CAS_ADDR or 127.0.0.1:18765, and must have the key that `redoubt cas attest` pinned.\n"
    "\n"
    "Exit status: 0 done; 1 CAS refused, or the session has mistakes; 2 the command line is wrong or a file cannot be\n"
    "  read; 3 no CAS answers; 4 its key is not the one that is trusted; 125 Redoubt itself failed";

}  // namespace redoubt::cli
