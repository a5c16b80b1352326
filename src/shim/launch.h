// SPDX-License-Identifier: Apache-2.0
//
// How the runtime is asked to run a program, and how it says that it cannot.
#pragma once

#include <cstdint>
#include <string>

#include <vector>

#include "base/result.h"
#include "shim/process/handover.h"

namespace redoubt::shim::launch {

// `redoubt-run --launch [--trace] [--trace-filter=LIST] [--trace-output=FILE] [--stats] [--stats-output=FILE] [--patch-after=N] --program=PATH -- ARGV0 ARG...`
// Also --insecure-manifest=FILE and --insecure-inject=PATH=FILE and --insecure-volume=HOSTDIR=KEY[:TAG] (files/insecure_manifest.h).
// Opens the shim's descriptors and the program. Anything wrong ends the process with a message (report_and_exit).
Handover prepare(int argc, char** argv, char** environment, uint64_t host_signals);

// What the shim keeps open, above the program's descriptors: the part of prepare() that an attested start has too.
struct Outputs {
  std::string trace;  // a file, or empty for standard error
  std::string stats;
};
void open_descriptors(Handover& state, const Outputs& outputs);

// In the environment of an image that the program's execve started: the descriptor of the state that the previous image
// of this process left.
inline constexpr char kResumeVariable[] = "REDOUBT_RESUME";

// The value of kResumeVariable, or null when this is a launch.
const char* resume_descriptor(char** environment);
Handover resume(const char* descriptor);

// Writes the program's arguments over the launcher's in the memory that /proc/PID/cmdline shows, so that ps and pgrep
// find the program under its name from the first image on.
void show_arguments(char** argv, int argc, const std::vector<std::string>& arguments);

// One line that names the program, the file at fault (itself, or an interpreter), what was found and what to do. Exit
// status 127 when something does not exist, 126 when it exists and cannot be executed.
[[noreturn]] void report_and_exit(const std::string& program, const std::string& culprit, Errno error);

}  // namespace redoubt::shim::launch
