// SPDX-License-Identifier: Apache-2.0
//
// How the runtime is asked to run a program, and how it says that it cannot.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "shim/process/handover.h"

namespace redoubt::shim::launch {

// `redoubt-run --launch [--trace] [--trace-output=FILE] [--stats] [--stats-output=FILE] --program=PATH -- ARGV0 ARG...`
// Opens the shim's descriptors and the program. Anything wrong ends the process with a message (report_and_exit).
Handover prepare(int argc, char** argv, char** environment, uint64_t host_signals);

// `redoubt-run --resume FD`: the state that the previous image of this process left.
Handover resume(const char* descriptor);

// One line that names the file, what was found and what to do; exit status 127 when something does not exist, 126 when
// it exists and cannot be executed.
[[noreturn]] void report_and_exit(const std::string& file, Errno error);

}  // namespace redoubt::shim::launch
