// SPDX-License-Identifier: Apache-2.0
//
// Files of /proc/PID that would describe the runtime instead of the program. Their contents are made when they are
// opened and served from a sealed memory file: a program that keeps such a file open and reads it again from the
// beginning sees the state at the time of open.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "shim/files/proc_path.h"

namespace redoubt::shim {

// If `fd`, just opened with `flags`, is one of those files, replaces what it refers to. Returns fd, or -errno (and fd
// is closed).
int64_t substitute_proc_file(int fd, int flags);

// For readlink of a descriptor that was substituted: the name in /proc it stands for, or `target` as it is.
std::string name_of_substitute(const std::string& target);

// Whether a directory entry of /proc/PID/fd or map_files belongs to the shim.
bool hides_proc_entry(const ProcEntry& directory, std::string_view name);

}  // namespace redoubt::shim
