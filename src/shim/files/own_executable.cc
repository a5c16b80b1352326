// SPDX-License-Identifier: Apache-2.0
//
// Follows a chain of symbolic links by hand, only for the few paths that led to the runtime's own file.
#include "shim/files/own_executable.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/text.h"
#include "shim/files/host_link.h"
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

// Where a protected process keeps its program open. Processes of one run have the same window, and nearly all runs do.
std::string program_link(int pid) {
  Text<64> link;
  link.decimal(pid).append("/fd/").decimal(window::base() + static_cast<int>(window::Slot::kProgram));
  return link.c_str();
}

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

std::optional<int> process_of_link(int directory, const std::string& link_path) {
  if (link_path.empty()) {
    const auto entry = proc_entry_of(directory);
    return entry && entry->name == "exe" ? std::optional(entry->pid) : std::nullopt;
  }
  std::string current = link_path;
  for (int links = 0; links < kMaximumLinks; ++links) {
    const int64_t raw = gate::call(SYS_openat, static_cast<uint64_t>(directory), gate::address_of(current.c_str()),
                                   O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (is_error(raw)) return std::nullopt;
    const OwnedFd link(static_cast<int>(raw));
    struct stat status;
    if (is_error(gate::call(SYS_fstat, static_cast<uint64_t>(link.get()), gate::address_of(&status)))) break;
    if (!S_ISLNK(status.st_mode)) break;
    if (const auto entry = proc_entry_of(link.get()); entry && entry->name == "exe") return entry->pid;

    auto target = read_host_link(link.get(), "");
    if (!target || target->empty()) break;
    std::string next = std::move(*target);
    if (!next.starts_with('/')) {
      const size_t slash = current.rfind('/');
      if (slash != std::string::npos) next.insert(0, current, 0, slash + 1);
    }
    current = next;
  }
  return std::nullopt;
}

std::optional<int> process_meant(int fd, int directory, const std::string& link_path) {
  struct stat status;
  if (is_error(gate::call(SYS_fstat, static_cast<uint64_t>(fd), gate::address_of(&status)))) return std::nullopt;
  return is_runtime(status.st_dev, status.st_ino) ? process_of_link(directory, link_path) : std::nullopt;
}

int64_t open_program(int pid, int flags) {
  if (is_own_process(pid) && window::get(window::Slot::kProgram) < 0) {
    return gate::call(SYS_openat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(program().executable.c_str()),
                      static_cast<uint64_t>(flags));
  }
  return gate::call(SYS_openat, static_cast<uint64_t>(window::get(window::Slot::kProc)),
                    gate::address_of(program_link(pid).c_str()), static_cast<uint64_t>(flags));
}

std::string name_in_namespace() { return program().executable; }

std::string program_path(int pid) {
  if (is_own_process(pid) && window::get(window::Slot::kProgram) < 0) return program().executable;
  return read_host_link(window::get(window::Slot::kProc), program_link(pid).c_str()).value_or(std::string());
}

}  // namespace redoubt::shim::own_executable
