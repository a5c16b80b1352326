// SPDX-License-Identifier: Apache-2.0
//
// Recognises files of /proc that describe a process, however they were reached: by the descriptor, not by the path.
#pragma once

#include <optional>
#include <string>

namespace redoubt::shim {

struct ProcEntry {
  int pid;           // or thread id
  bool is_task;      // reached through task/TID
  std::string name;  // what follows: "maps", "exe", "fd", "" for the directory itself
};

// The entry that `fd` is open on, if it is on procfs and below the directory of a process.
std::optional<ProcEntry> proc_entry_of(int fd);

// Whether `pid` is this process or one of its threads: both have a directory in /proc.
bool is_own_process(int pid);

// The pure part: /proc/PID/NAME or /proc/PID/task/TID/NAME, wherever /proc is mounted.
std::optional<ProcEntry> parse_proc_path(const std::string& path);

// The path that the kernel has for an open descriptor; empty on failure.
std::string path_of_fd(int fd);

}  // namespace redoubt::shim
