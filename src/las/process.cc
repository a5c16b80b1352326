// SPDX-License-Identifier: Apache-2.0
#include "las/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "las/mappings.h"

namespace redoubt::las {
namespace {

constexpr int kPeerPidfd = 77;  // SO_PEERPIDFD, Linux 6.5; Debian 12's headers are older
constexpr size_t kLargestStatus = 64 << 10;
constexpr size_t kLargestSmaps = 32 << 20;

constexpr const char* kUseRuntime = "ask from the runtime (redoubt run) before it has loaded the program";

std::unexpected<Finding> gone() {
  return refuse("process.alive", "a process that waits for its evidence", "one that ended", "start it again");
}

std::unexpected<Finding> unreadable(const char* file) {
  if (errno == ESRCH || errno == ENOENT) return gone();
  return refuse("process.readable", std::string("a process whose /proc/PID/") + file + " LAS may read",
                std::strerror(errno), "run LAS as root or with CAP_SYS_PTRACE");
}

// A pidfd is readable when its process has ended.
bool alive(const Descriptor& pidfd) {
  pollfd poll_for{pidfd.get(), POLLIN, 0};
  return poll(&poll_for, 1, 0) == 0;
}

Checked<std::string> read(const Descriptor& directory, const char* name, size_t limit) {
  const Descriptor file(openat(directory.get(), name, O_RDONLY | O_CLOEXEC));
  if (!file) return unreadable(name);
  auto text = read_from_start(file, limit);
  if (!text) return unreadable(name);
  return *std::move(text);
}

// Field 22 of /proc/PID/stat. The second field is a name in parentheses and may hold anything.
Checked<std::string> start_time_of(const Descriptor& directory) {
  const std::string text = TRY(read(directory, "stat", kLargestStatus));
  size_t position = text.rfind(')');
  for (int field = 2; field < 22 && position != std::string::npos; ++field) position = text.find(' ', position + 1);
  if (position == std::string::npos) return gone();
  return text.substr(position + 1, text.find(' ', position + 1) - position - 1);
}

// The value of "Name:\tvalue" in /proc/PID/status; empty when there is none.
std::string_view status_value(std::string_view status, std::string_view name) {
  const size_t start = status.find("\n" + std::string(name) + ":\t");
  if (start == std::string_view::npos) return {};
  status.remove_prefix(start + name.size() + 3);
  return status.substr(0, status.find('\n'));
}

// Any thread may be traced alone.
Checked<void> check_tracers(const Descriptor& directory) {
  const int tasks = openat(directory.get(), "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* listing = tasks < 0 ? nullptr : fdopendir(tasks);
  if (!listing) return unreadable("task");
  Checked<void> result = {};
  while (const dirent* entry = readdir(listing)) {
    if (entry->d_name[0] == '.') continue;
    const auto status = read(directory, ("task/" + std::string(entry->d_name) + "/status").c_str(), kLargestStatus);
    if (!status && status.error().check == "process.alive") continue;  // a thread that ended meanwhile
    const std::string_view tracer = status ? status_value(*status, "TracerPid") : "?";
    if (tracer == "0") continue;
    result = refuse("process.traced", "a process that nobody traces",
                    "one that process " + std::string(tracer) + " traces", "do not run it under a debugger or strace");
    break;
  }
  closedir(listing);
  return result;
}

Checked<void> check_randomised(const Descriptor& directory) {
  const std::string text = TRY(read(directory, "personality", kLargestStatus));
  if ((std::strtoul(text.c_str(), nullptr, 16) & ADDR_NO_RANDOMIZE) == 0) return {};
  return refuse("process.layout", "an address space whose layout is random", "personality ADDR_NO_RANDOMIZE",
                "do not start it with setarch -R or under a debugger");
}

// Real, effective, saved and file-system user.
Checked<void> check_user(const Descriptor& directory, uid_t uid) {
  const std::string status = TRY(read(directory, "status", kLargestStatus));
  const std::string_view users = status_value(status, "Uid");
  const std::string one = std::to_string(uid);
  if (users == one + "\t" + one + "\t" + one + "\t" + one) return {};
  return refuse("process.user", "the one user " + one + " who connected", "users " + std::string(users),
                "do not change users between connecting and asking; set-user-ID programs get no evidence");
}

// Whoever made a user namespace may trace every process in it and read its memory, undumpable ones too, now and later.
Checked<void> check_user_namespace(const Descriptor& directory) {
  if (same_user_namespace(directory)) return {};
  return refuse("process.user-namespace", "a process of LAS's user namespace",
                "one of another, whose maker reads the process's memory",
                "start it outside of user namespaces; rootless containers have one of their own");
}

bool is_file_of(const ExecutableMapping& mapping, const Executable& executable, const Descriptor& directory) {
  if (mapping.inode == executable.inode && makedev(mapping.device_major, mapping.device_minor) == executable.device) {
    return true;
  }
  // btrfs and overlayfs show other device numbers in maps than to stat.
  char name[64];
  std::snprintf(name, sizeof(name), "map_files/%lx-%lx", static_cast<unsigned long>(mapping.start),
                static_cast<unsigned long>(mapping.end));
  struct stat status {};
  return mapping.inode != 0 && fstatat(directory.get(), name, &status, 0) == 0 && status.st_dev == executable.device &&
         status.st_ino == executable.inode;
}

Checked<CodePlaces> check_mappings(const Descriptor& directory, const Executable& executable) {
  const std::string text = TRY(read(directory, "smaps", kLargestSmaps));
  const auto mappings = executable_mappings(text);
  if (!mappings) return refuse("process.mappings", "/proc/PID/smaps", mappings.error().message, "report this");
  bool found = false;
  CodePlaces places;
  for (const ExecutableMapping& mapping : *mappings) {
    places.push_back(mapping.start);
    if (!is_kernels(mapping) && !is_file_of(mapping, executable, directory)) {
      return refuse("process.mappings", "nothing executable but " + executable.path,
                    mapping.name.empty() ? "executable memory of no file" : "code of " + mapping.name, kUseRuntime);
    }
    if (mapping.writable || mapping.changed != 0) {
      const std::string code = is_kernels(mapping) ? mapping.name + " as the kernel made it"
                                                   : "the code of " + executable.path + " as the file has it";
      return refuse("process.code-changed", code,
                    mapping.writable ? "code that can be written" : std::to_string(mapping.changed) + " KiB changed",
                    kUseRuntime);
    }
    found = found || !is_kernels(mapping);
  }
  if (found) return places;
  return refuse("process.mappings", "the code of " + executable.path, "a process that has not mapped it", kUseRuntime);
}

}  // namespace

Checked<Peer> peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 || credentials.pid <= 0) {
    return refuse("process.visible", "a process of LAS's process namespace or below it", "another",
                  "run LAS in the host's process namespace");
  }
  int fd = -1;
  size = sizeof(fd);
  if (getsockopt(socket, SOL_SOCKET, kPeerPidfd, &fd, &size) == 0) {
    return Peer{Descriptor(fd), credentials.pid, credentials.uid};
  }
  if (errno != ENOPROTOOPT) return gone();
  // The number may be another process's by now, if the one that connected has ended. That one is measured then, and only its
  // request is taken, so evidence is still about who asks.
  Descriptor pidfd(static_cast<int>(syscall(SYS_pidfd_open, credentials.pid, 0)));
  if (!pidfd) return gone();
  return Peer{std::move(pidfd), credentials.pid, credentials.uid};
}

Checked<MeasuredProcess> MeasuredProcess::measure(const Peer& peer, KnownHashes& hashes) {
  Descriptor directory(open(("/proc/" + std::to_string(peer.pid)).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return gone();
  // Alive behind the open: the directory is this process's and stays so, whoever gets its number.
  if (!alive(peer.pidfd)) return gone();
  Descriptor maps(openat(directory.get(), "maps", O_RDONLY | O_CLOEXEC));
  if (!maps) return unreadable("maps");
  std::string start_time = TRY(start_time_of(directory));
  TRY_VOID(check_user(directory, peer.uid));
  TRY_VOID(check_tracers(directory));
  TRY_VOID(check_randomised(directory));
  Executable executable = TRY(measure_executable(directory, hashes));
  CodePlaces code = TRY(check_mappings(directory, executable));
  TRY_VOID(check_user_namespace(directory));
  return MeasuredProcess(peer, hashes, std::move(directory), std::move(maps), std::move(start_time),
                         std::move(executable), std::move(code));
}

Checked<void> MeasuredProcess::measure_again() const {
  const std::string start_time = TRY(start_time_of(directory_));
  TRY_VOID(check_user(directory_, peer_->uid));
  TRY_VOID(check_tracers(directory_));
  const Executable executable = TRY(measure_executable(directory_, *hashes_));
  if (executable != executable_ || start_time != start_time_) {
    return refuse("process.changed", "the executable that was measured first, " + executable_.path,
                  executable.path + (executable.sha256 == executable_.sha256 ? ", the same bytes in another file" : ""),
                  "connect from the process that asks, after its execve");
  }
  const CodePlaces code = TRY(check_mappings(directory_, executable));
  TRY_VOID(check_user_namespace(directory_));
  // Last, so that all the above was read of the same address space as the first time.
  char byte;
  if (pread(maps_.get(), &byte, 1, 0) != 1 || code != code_) {
    if (!alive(peer_->pidfd)) return gone();
    return refuse("process.exec", "no execve between connecting and asking", "another address space than at first",
                  "connect from the process that asks, after its execve");
  }
  if (!alive(peer_->pidfd)) return gone();
  return {};
}

}  // namespace redoubt::las
