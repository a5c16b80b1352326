// SPDX-License-Identifier: Apache-2.0
//
// Runs a program and notes which files it and its children use. The program runs as it is, watched through ptrace(2); a seccomp
// filter stops it at calls that name a path and at no other, so that a busy program is hardly slowed. Nothing is protected in
// such a run, and what it does it does: this is for the machine where sessions are written.
//
// Not seen: what a program reads by io_uring (which answers ENOSYS meanwhile), by 32-bit calls, below another root directory, or
// through a descriptor that it was given.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"

namespace redoubt::measure {

// In the order of strength: a file that was executed and opened counts as executed.
enum class Use : uint8_t { kLookedAt, kOpened, kExecuted };

struct Observation {
  struct Seen {
    Use use = Use::kLookedAt;
    std::string by;  // the name of the program that did it first
  };
  std::map<std::string, Seen> used;  // absolute paths as the program gave them, normalised but for links
  std::set<std::string> written;     // absolute paths: opened for writing, created, or renamed to
  size_t unfollowed_count = 0;       // accesses whose path could not be told
  int exit_status = 0;               // of the program as a shell tells it; 128 + signal
  bool stopped = false;              // ended by us after the time was over, or because we were told to end
};

struct ObservedProgram {
  std::string file;                    // what is executed
  std::vector<std::string> arguments;  // with argv[0]
  std::optional<int> seconds;          // after these it is ended with SIGTERM, then SIGKILL
};

// Standard output of the program goes to standard error, so that it does not mix with a fragment. Its standard input is ours,
// unless that is a terminal. SIGINT and SIGTERM for us end the program early.
Result<Observation, Error> observe(const ObservedProgram& program);

}  // namespace redoubt::measure
