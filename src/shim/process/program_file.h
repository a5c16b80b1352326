// SPDX-License-Identifier: Apache-2.0
//
// From a path and arguments to the open, checked files that exec will load: permission, `#!` chains, ELF headers, the
// interpreter. Runs before the point of no return, so every error reaches the caller of execve as on Linux.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace redoubt::shim {

// Owns a descriptor of the shim outside the window, close-on-exec.
class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(other.release()) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept;
  ~OwnedFd();
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_ = -1;
};

struct ProgramFiles {
  OwnedFd program;
  OwnedFd interpreter;       // ld.so; not valid for a static program
  std::string exec_name;     // AT_EXECFN: what exec was called with
  std::string command_name;  // for /proc/PID/comm
  std::vector<std::string> arguments;
};

struct ProgramRequest {
  int directory;  // AT_FDCWD or a descriptor
  std::string path;
  int flags = 0;  // AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW
  std::vector<std::string> arguments;
};

// On failure, `culprit` (if given) names the file that the error is about: the interpreter of a script, say.
Result<ProgramFiles> open_program(ProgramRequest request, std::string* culprit = nullptr);

// Reads up to `size` bytes at `offset`; short only at the end of the file.
Result<size_t> read_at(int fd, uint64_t offset, void* into, size_t size);

}  // namespace redoubt::shim
