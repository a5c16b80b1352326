// SPDX-License-Identifier: Apache-2.0
//
// The kernel's name of an open file (/proc/self/fd/N) is canonical: links, "..", "self" and directory descriptors are
// all resolved in it.
#include "shim/files/proc_path.h"

#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include <charconv>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "shim/files/host_link.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"

namespace redoubt::shim {
namespace {

std::optional<int> parse_pid(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

// Where the part below the mount point of procfs begins, as far as a path tells: its last "proc" that a process follows.
size_t first_of_proc(const std::vector<std::string_view>& parts) {
  for (size_t i = parts.size(); i > 1; --i) {
    if (parts[i - 2] == "proc" && parse_pid(parts[i - 1])) return i - 1;
  }
  return 0;
}

}  // namespace

bool is_own_process(int pid) {
  if (pid == gate::call(SYS_getpid)) return true;
  Text<64> path;
  path.append("self/task/").decimal(static_cast<uint64_t>(pid));
  return !is_error(gate::call(SYS_faccessat, static_cast<uint64_t>(window::get(window::Slot::kProc)),
                              gate::address_of(path.c_str()), 0));
}

std::optional<ProcEntry> parse_proc_path(const std::string& path) {
  std::vector<std::string_view> parts;
  std::string_view rest(path);
  while (!rest.empty()) {
    const size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (!part.empty()) parts.push_back(part);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  }
  for (size_t i = first_of_proc(parts); i < parts.size(); ++i) {
    const auto pid = parse_pid(parts[i]);
    if (!pid) continue;
    size_t next = i + 1;
    ProcEntry entry{.pid = *pid, .is_task = false, .name = {}};
    if (next + 1 < parts.size() && parts[next] == "task") {
      if (const auto tid = parse_pid(parts[next + 1])) {
        entry.is_task = true;
        entry.pid = *tid;
        next += 2;
      }
    }
    for (; next < parts.size(); ++next) {
      if (!entry.name.empty()) entry.name += '/';
      entry.name += parts[next];
    }
    return entry;
  }
  return std::nullopt;
}

// By the thread: its descriptors may be its own (unshare), and the process's first thread may have ended.
std::string path_of_fd(int fd) {
  Text<64> link;
  link.append("thread-self/fd/").decimal(static_cast<uint64_t>(fd));
  return read_host_link(window::get(window::Slot::kProc), link.c_str()).value_or(std::string());
}

std::optional<ProcEntry> proc_entry_of(int fd) {
  struct statfs status;
  if (is_error(gate::call(SYS_fstatfs, static_cast<uint64_t>(fd), gate::address_of(&status)))) return std::nullopt;
  if (status.f_type != PROC_SUPER_MAGIC) return std::nullopt;
  return parse_proc_path(path_of_fd(fd));
}

}  // namespace redoubt::shim
