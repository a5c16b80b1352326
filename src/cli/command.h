// SPDX-License-Identifier: Apache-2.0
//
// What main.cc knows of a command. One command is one file: it defines its options on a CLI::App of its own, which is
// the whole parser while the command runs (so a program named like another command is not mistaken for it), and
// returns the action that main calls when the command line was understood.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "cli/error.h"

namespace redoubt::cli {

// Runs a command whose options were parsed. Returns the status to exit with.
using Action = std::function<Result<ExitStatus>()>;

struct Command {
  // All fields are required: a row that lacks one does not compile.
  consteval Command(const char* name, const char* summary, Action (*define)(CLI::App&))
      : name(name), summary(summary), define(define) {}

  const char* name;
  const char* summary;  // one line, for `redoubt --help`
  Action (*define)(CLI::App& app);
};

Action define_run(CLI::App& app);
Action define_doctor(CLI::App& app);
Action define_self(CLI::App& app);
Action define_las(CLI::App& app);
Action define_simulate(CLI::App& app);
Action define_attest(CLI::App& app);
Action define_session(CLI::App& app);
Action define_measure(CLI::App& app);

}  // namespace redoubt::cli
