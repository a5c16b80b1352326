// SPDX-License-Identifier: Apache-2.0
//
// One lstat a component; links of /proc that the kernel would follow by magic are given targets of the namespace instead.
#include "shim/files/kernel_view.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/text.h"
#include "shim/files/host_link.h"
#include "shim/files/own_executable.h"
#include "shim/files/permission.h"
#include "shim/files/proc_files.h"
#include "shim/files/proc_path.h"
#include "shim/files/special_descriptors.h"
#include "shim/files/volume_paths.h"
#include "shim/files/window.h"
#include "shim/files/working_directory.h"
#include "shim/gate/gate.h"
#include "shim/process/program.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim {
namespace {

// Files and directories directly in /proc, besides processes. "self", "thread-self" and "mounts" are links.
constexpr std::string_view kProcNames[] = {"cgroups", "cpuinfo", "filesystems", "loadavg", "meminfo",
                                           "stat",    "sys",     "uptime",      "version"};
// What other processes show, as ps and top read it.
constexpr std::string_view kForeignNames[] = {"",          "cgroup",        "cmdline", "comm",  "limits", "oom_adj",
                                              "oom_score", "oom_score_adj", "stat",    "statm", "status", "task"};

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<int> parse_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

HostEntry missing() { return {}; }
HostEntry of_kind(HostEntry::Kind kind) { return {.kind = kind, .target = {}}; }
HostEntry link_to(std::string target) { return {.kind = HostEntry::Kind::kLink, .target = std::move(target)}; }

Result<HostEntry> look_at_host(const std::string& path) {
  struct stat status;
  const int64_t raw = gate::call(SYS_newfstatat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(path.c_str()),
                                 gate::address_of(&status), AT_SYMLINK_NOFOLLOW);
  if (raw == -ENOENT) return missing();
  TRY(from_raw(raw));
  if (S_ISDIR(status.st_mode)) return of_kind(HostEntry::Kind::kDirectory);
  if (!S_ISLNK(status.st_mode)) return of_kind(HostEntry::Kind::kFile);
  return link_to(TRY(read_host_link(AT_FDCWD, path.c_str())));
}

// "/proc/self/a/b" in parts.
std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    if (const std::string_view part = path.substr(0, slash); !part.empty()) parts.push_back(part);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return parts;
}

std::string decimal(int64_t number) {
  Text<24> text;
  text.decimal(number);
  return text.c_str();
}

Result<HostEntry> look_at_own(const ProcEntry& entry, const std::string& path) {
  if (entry.name == "exe") return link_to(own_executable::name_in_namespace());
  if (entry.name == "cwd") {
    const auto directory = volume_paths::of_base(working_directory().get());
    return directory ? link_to(*directory) : missing();
  }
  if (entry.name == "root") return link_to("/");
  if (entry.name.starts_with("fd/")) {
    const auto fd = parse_number(std::string_view(entry.name).substr(3));
    if (!fd || window::contains(*fd)) return missing();
    HostEntry found = TRY(look_at_host(path));
    if (found.kind == HostEntry::Kind::kLink) found.kind = HostEntry::Kind::kDescriptor;
    found.fd = *fd;
    return found;
  }
  if (entry.name.starts_with("fdinfo/")) {
    const auto fd = parse_number(std::string_view(entry.name).substr(7));
    if (!fd || window::contains(*fd)) return missing();
  }
  if (entry.name.starts_with("map_files/")) return fail(EACCES);
  return look_at_host(path);
}

Result<HostEntry> look_at_proc(const std::string& path) {
  const std::vector<std::string_view> parts = parts_of(path);
  const std::string_view first = parts.size() > 1 ? parts[1] : std::string_view();
  if (first == "self") return link_to(decimal(gate::call(SYS_getpid)));
  if (first == "thread-self") {
    return link_to(decimal(gate::call(SYS_getpid)) + "/task/" + decimal(gate::call(SYS_gettid)));
  }
  if (first == "mounts") return link_to("self/mounts");
  if (contains(kProcNames, first)) return look_at_host(path);
  const auto entry = parse_proc_path(path);
  const auto process = parse_number(first);
  if (!entry || !process) return missing();
  if (is_own_process(*process)) return look_at_own(*entry, path);
  if (entry->name == "exe") {
    const std::string program = name_of_substitute(own_executable::program_path(entry->pid));
    if (program.empty()) return fail(EACCES);
    return link_to(program);
  }
  return contains(kForeignNames, entry->name) ? look_at_host(path) : missing();
}

bool is_below_proc(const std::string& path) { return path.starts_with("/proc/"); }

}  // namespace

bool is_own_proc_file(const std::string& path) {
  const std::vector<std::string_view> parts = parts_of(path);
  const auto pid = parts.size() > 2 && parts[0] == "proc" ? parse_number(parts[1]) : std::nullopt;
  return pid && is_own_process(*pid);
}

Result<HostEntry> KernelView::look(const Node& mount, const std::string& path) {
  return mount.kind == NodeKind::kKernel && is_below_proc(path) ? look_at_proc(path) : look_at_host(path);
}

VolumeInUse KernelView::volume(uint32_t index) { return VolumeInUse(volumes::volume(index)); }

Result<void> KernelView::may_search(const volume::Attributes& directory) {
  return permission::may(directory, who_ != nullptr ? *who_ : credentials(), X_OK);
}

Result<BaseDirectory> KernelView::directory_of(int fd) {
  if (const auto file = volumes::identify(fd)) {
    const volume::Attributes attributes =
        TRY(volume(static_cast<uint32_t>(file->id.volume))->attributes(file->id.inode));
    if (!S_ISDIR(attributes.mode)) return fail(ENOTDIR);
    return BaseDirectory({}, static_cast<uint32_t>(file->id.volume), file->id.inode);
  }
  if (const NodeId node = special::node_of(fd); node != kNoNode) {
    if (!tree_.node(node).is_directory()) return fail(ENOTDIR);
    return BaseDirectory(tree_.path_of(node));
  }
  struct stat status;
  TRY(from_raw(gate::call(SYS_fstat, static_cast<uint64_t>(fd), gate::address_of(&status))));
  if (!S_ISDIR(status.st_mode)) return fail(ENOTDIR);
  const std::string host_path = path_of_fd(fd);
  std::string path = tree_.path_of_host(host_path);
  if (path.empty()) return fail(ENOENT);
  // The name is what /proc says; where a mount hides it, that could be any.
  struct stat named;
  TRY(from_raw(gate::call(SYS_newfstatat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(host_path.c_str()),
                          gate::address_of(&named), AT_SYMLINK_NOFOLLOW)));
  if (named.st_dev != status.st_dev || named.st_ino != status.st_ino) return fail(ENOENT);
  return BaseDirectory(std::move(path));
}

}  // namespace redoubt::shim
