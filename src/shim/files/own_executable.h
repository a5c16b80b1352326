// SPDX-License-Identifier: Apache-2.0
//
// /proc/self/exe names the runtime for the kernel, and must name the program for the program. Told apart by the inode:
// a path that leads to the runtime's own file through a link of /proc/PID/exe means the program.
#pragma once

#include <cstdint>
#include <string>

struct stat;

namespace redoubt::shim::own_executable {

// Remembers which inode the runtime is.
void start();
// The runtime's path, as the kernel reports it in /proc/PID/exe.
const std::string& runtime_path();
bool is_runtime(uint64_t device, uint64_t inode);

// Opens the program's executable (O_PATH is enough for most uses), close-on-exec or not as `flags` say. A descriptor or
// -errno.
int64_t open_program(int flags);
// Its name, as /proc/PID/exe reports it.
std::string program_path();

// Whether `path`, which led to descriptor `fd` (O_PATH is enough), got there through this process's exe link.
bool is_meant(int fd, int directory, const std::string& path);
// The same when only the link itself is known: `path` names the exe link of this process (for readlink).
bool is_link(int directory, const std::string& path);

}  // namespace redoubt::shim::own_executable
