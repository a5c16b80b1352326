// SPDX-License-Identifier: Apache-2.0
//
// What main.cc knows of a command. One command is one file: it defines its options on a CLI::App of its own, which is
// the whole parser while the command runs (so a program named like another command is not mistaken for it), and
// returns the action that main calls when the command line was understood. A command made of subcommands has a table of the
// same rows. `redoubt completion` walks these tables too.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <span>

#include "cli/error.h"

namespace redoubt::cli {

// Runs a command whose options were parsed. Returns the status to exit with.
using Action = std::function<Result<ExitStatus>()>;

struct Command {
  // All fields are required: a row that lacks one does not compile.
  consteval Command(const char* name, const char* summary, Action (*define)(CLI::App&))
      : name(name), summary(summary), define(define) {}

  const char* name;
  const char* summary;  // one line, for the --help above it
  Action (*define)(CLI::App& app);
};

// Every command of `redoubt` (main.cc).
std::span<const Command> all_commands();

// Gives `app` the flag --version (main.cc).
void add_version(CLI::App& app);

// Makes `app` a command that consists of `subcommands`, one of which must be given; the action is that one's.
Action define_subcommands(CLI::App& app, std::span<const Command> subcommands);

Action define_run(CLI::App& app);
Action define_doctor(CLI::App& app);
Action define_self(CLI::App& app);
Action define_las(CLI::App& app);
Action define_simulate(CLI::App& app);
Action define_attest(CLI::App& app);
Action define_session(CLI::App& app);
Action define_measure(CLI::App& app);
Action define_cas(CLI::App& app);
Action define_audit(CLI::App& app);
Action define_volume(CLI::App& app);
Action define_completion(CLI::App& app);

}  // namespace redoubt::cli
