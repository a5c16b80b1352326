// SPDX-License-Identifier: Apache-2.0
//
// /proc/PID/exe names the runtime for the kernel, and must name the program for programs: their own, and other protected
// ones that they may look at. Told apart by the inode: a path that leads to the runtime's own file through an exe link of
// /proc means the program of that process, which keeps its executable open at a known number (files/window.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace redoubt::shim::own_executable {

// Remembers which inode the runtime is.
void start();
// The runtime's path, as the kernel reports it in /proc/PID/exe.
const std::string& runtime_path();
bool is_runtime(uint64_t device, uint64_t inode);

// The process whose exe link `path` is, or leads to through symbolic links; nothing for any other path. An empty path
// means `directory` itself, an O_PATH descriptor of the link.
std::optional<int> process_of_link(int directory, const std::string& path);
// The same for a path that led to descriptor `fd` (O_PATH is enough), if that is the runtime's file.
std::optional<int> process_meant(int fd, int directory, const std::string& path);

// Opens the executable of a protected process's program with `flags`. A descriptor or -errno.
int64_t open_program(int pid, int flags);
// Of this process, in an attested run: its path in the namespace.
std::string name_in_namespace();
// Its name, as the kernel reports it for an open file; empty when the process is gone or not ours to look at.
std::string program_path(int pid);

}  // namespace redoubt::shim::own_executable
