// SPDX-License-Identifier: Apache-2.0
//
// Follows a chain of symbolic links by hand, only for the few paths that led to the runtime's own file.
#include "shim/files/own_executable.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "shim/files/proc_path.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/process/program.h"
#include "shim/process/program_file.h"

namespace redoubt::shim::own_executable {
namespace {

constexpr int kMaximumLinks = 40;  // MAXSYMLINKS

uint64_t runtime_device;
uint64_t runtime_inode;
std::string path;

}  // namespace

void start() {
  struct stat status;
  const int fd = window::get(window::Slot::kRuntime);
  if (is_error(gate::call(SYS_fstat, static_cast<uint64_t>(fd), gate::address_of(&status)))) return;
  runtime_device = status.st_dev;
  runtime_inode = status.st_ino;
  path = path_of_fd(fd);
}

const std::string& runtime_path() { return path; }

bool is_runtime(uint64_t device, uint64_t inode) { return inode == runtime_inode && device == runtime_device; }

int64_t open_program(int flags) {
  const int program_fd = window::get(window::Slot::kProgram);
  if (program_fd < 0) {
    return gate::call(SYS_openat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(program().executable.c_str()),
                      static_cast<uint64_t>(flags));
  }
  if ((flags & O_PATH) == 0) return window::reopen(program_fd, flags);
  const uint64_t command = (flags & O_CLOEXEC) != 0 ? F_DUPFD_CLOEXEC : F_DUPFD;
  return gate::call(SYS_fcntl, static_cast<uint64_t>(program_fd), command, 0);
}

std::string program_path() {
  const int program_fd = window::get(window::Slot::kProgram);
  return program_fd < 0 ? program().executable : path_of_fd(program_fd);
}

bool is_link(int directory, const std::string& link_path) {
  std::string current = link_path;
  for (int links = 0; links < kMaximumLinks; ++links) {
    const int64_t raw = gate::call(SYS_openat, static_cast<uint64_t>(directory), gate::address_of(current.c_str()),
                                   O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (is_error(raw)) return false;
    const OwnedFd link(static_cast<int>(raw));
    struct stat status;
    if (is_error(gate::call(SYS_fstat, static_cast<uint64_t>(link.get()), gate::address_of(&status)))) return false;
    if (!S_ISLNK(status.st_mode)) return false;
    if (const auto entry = proc_entry_of(link.get()); entry) return entry->name == "exe";

    char target[PATH_MAX];
    const int64_t size = gate::call(SYS_readlinkat, static_cast<uint64_t>(link.get()), gate::address_of(""),
                                    gate::address_of(target), sizeof(target));
    if (size <= 0) return false;
    std::string next(target, static_cast<size_t>(size));
    if (!next.starts_with('/')) {
      const size_t slash = current.rfind('/');
      if (slash != std::string::npos) next.insert(0, current, 0, slash + 1);
    }
    current = next;
  }
  return false;
}

bool is_meant(int fd, int directory, const std::string& link_path) {
  struct stat status;
  if (is_error(gate::call(SYS_fstat, static_cast<uint64_t>(fd), gate::address_of(&status)))) return false;
  return is_runtime(status.st_dev, status.st_ino) && is_link(directory, link_path);
}

}  // namespace redoubt::shim::own_executable
