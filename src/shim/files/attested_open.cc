// SPDX-License-Identifier: Apache-2.0
//
// open and its kin in an attested run, one function a kind of thing. Volumes: volume_open.cc.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "shim/abi/numbers.h"
#include "shim/abi/restart.h"
#include "shim/files/attested_calls.h"
#include "shim/files/host_path.h"
#include "shim/files/kernel_view.h"
#include "shim/files/open_request.h"
#include "shim/files/proc_files.h"
#include "shim/files/sealed_files.h"
#include "shim/files/special_descriptors.h"
#include "shim/files/volume_calls.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/memory/app_memory.h"
#include "shim/syscalls/shim_time.h"

namespace redoubt::shim::file_namespace {
namespace {

// What openat2's `resolve` may hold besides nothing; the others need a second kind of walk, and programs fall back.
constexpr uint64_t kResolve = RESOLVE_NO_MAGICLINKS | RESOLVE_CACHED;

Result<OpenRequest> request_of(Call& call) {
  OpenRequest request;
  switch (call.number) {
    case SYS_open: request = {call.int_arg(1), call.args[2]}; break;
    case SYS_openat: request = {call.int_arg(2), call.args[3]}; break;
    case SYS_creat: request = {O_CREAT | O_WRONLY | O_TRUNC, call.args[1]}; break;
    default: {
      open_how how{};
      if (call.args[3] < sizeof(how)) return fail(EINVAL);
      if (!read_app(how, call.args[2])) return fail(EFAULT);
      if ((how.resolve & ~kResolve) != 0) return fail(ENOSYS);
      request = {static_cast<int>(how.flags), how.mode};
    }
  }
  if (request.only_path()) {
    request.flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    return request;
  }
  // build_open_flags of fs/open.c, Linux 6.4: before the path is looked at.
  constexpr int kNameless = O_TMPFILE & ~O_DIRECTORY;
  const bool wants_directory = (request.flags & O_DIRECTORY) != 0;
  if (wants_directory && request.creates()) return fail(EINVAL);
  if ((request.flags & kNameless) != 0 && (!wants_directory || (request.flags & O_ACCMODE) == O_RDONLY)) {
    return fail(EINVAL);
  }
  return request;
}

// A path that ends with a slash can be no file to be made.
bool names_directory_to_make(const std::string& path, const OpenRequest& request) {
  return request.creates() && path.ends_with('/') && path.find_first_not_of('/') != std::string::npos;
}

Result<int> open_node(NodeId node, const OpenRequest& request) {
  constexpr int kKept = O_PATH | O_CLOEXEC;
  return special::placeholder(node, state().tree.path_of(node), request.flags & kKept);
}

Result<int> open_directory(NodeId node, const OpenRequest& request) {
  if (request.excludes()) return fail(EEXIST);
  TRY_VOID(may_use_sealed(state().tree.node(node), request.only_path() ? 0 : R_OK));
  if (request.writes() || (!request.only_path() && (request.flags & O_CREAT) != 0)) {
    return fail((request.flags & O_TMPFILE) == O_TMPFILE ? EROFS : EISDIR);
  }
  return open_node(node, request);
}

Result<int> open_link(NodeId node, const OpenRequest& request) {
  if (request.excludes()) return fail(EEXIST);
  if ((request.flags & O_DIRECTORY) != 0) return fail(ENOTDIR);
  if (!request.only_path()) return fail(ELOOP);
  return open_node(node, request);
}

Result<int> open_code_file(NodeId node, const OpenRequest& request) {
  if (request.excludes()) return fail(EEXIST);
  if ((request.flags & O_DIRECTORY) != 0) return fail(ENOTDIR);
  if (request.writes()) return fail(EROFS);
  TRY_VOID(may_use_sealed(state().tree.node(node), request.wanted()));
  OwnedFd file = TRY(verified_file(node));
  return special::publish(std::move(file), node, request.flags & (O_PATH | O_CLOEXEC | O_NONBLOCK));
}

Result<int> open_injected(NodeId node, const OpenRequest& request) {
  if (request.excludes()) return fail(EEXIST);
  if ((request.flags & O_DIRECTORY) != 0) return fail(ENOTDIR);
  InjectedFile& file = state().injected.at(node);
  TRY_VOID(may_use(file, request.wanted()));
  constexpr int kKept = O_ACCMODE | O_APPEND | O_NONBLOCK | O_PATH | O_CLOEXEC;
  const int fd = TRY(special::placeholder(node, state().tree.path_of(node), request.flags & kKept));
  if ((request.flags & O_TRUNC) != 0 && (request.flags & O_ACCMODE) != O_RDONLY) TRY_VOID(file.truncate(0));
  return fd;
}

// A device must be the one its name promises: the host may have put anything there.
int64_t open_device(const Place& place, const OpenRequest& request) {
  if (request.excludes()) return -EEXIST;
  const int64_t fd = open_host(place, request.flags & ~(O_CREAT | O_TRUNC), 0);
  const uint32_t expected = state().tree.node(place.node).device;
  if (is_error(fd) || abi::is_restart(fd) || expected == 0) return fd;
  struct stat status;
  const int64_t raw = gate::call(SYS_fstat, static_cast<uint64_t>(fd), gate::address_of(&status));
  if (raw == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(expected >> 8, expected & 0xff)) return fd;
  gate::call(SYS_close, static_cast<uint64_t>(fd));
  return -EIO;
}

// /proc/self/fd/N, /dev/stdin: the open file anew.
int64_t open_descriptor(int fd, const OpenRequest& request) {
  if (request.excludes()) return -EEXIST;
  if (const auto file = volumes::identify(fd)) return to_raw(reopen_in_volume(file->id, request));
  const NodeId node = special::node_of(fd);
  const int flags = request.flags & ~(O_CREAT | O_NOFOLLOW);
  if (node == kNoNode) {
    const std::string path = path_through_descriptor(fd);
    return host_for_program(SYS_openat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(path.c_str()),
                            static_cast<uint64_t>(flags));
  }
  switch (state().tree.node(node).kind) {
    case NodeKind::kCode:
    case NodeKind::kSealed: {
      if (request.writes()) return -EROFS;
      if ((flags & O_DIRECTORY) != 0) return -ENOTDIR;
      const int64_t opened = window::reopen(fd, flags);
      if (!is_error(opened)) special::hint(static_cast<int>(opened));
      return opened;
    }
    case NodeKind::kInjected: return to_raw(open_injected(node, request));
    case NodeKind::kDirectory: return to_raw(open_directory(node, request));
    default: return -ELOOP;
  }
}

int64_t open_below_mount(const Place& place, const OpenRequest& request) {
  const bool is_kernel = state().tree.node(place.mount).kind == NodeKind::kKernel;
  if (is_kernel && (request.writes() || (request.flags & O_CREAT) != 0)) {
    if (place.kind == PlaceKind::kMissing) return -ENOENT;
    if (request.writes() && (!is_own_proc_file(place.host_path) || place.host_path.ends_with("/mem"))) return -EACCES;
  }
  const int64_t fd = open_host(place, request.flags, request.mode);
  if (!is_kernel || is_error(fd) || abi::is_restart(fd)) return fd;
  return substitute_proc_file(static_cast<int>(fd), request.flags);
}

}  // namespace

int64_t open_host(const Place& place, int flags, uint64_t mode) {
  if (place.wants_directory) flags |= O_DIRECTORY;
  return open_without_links(place.host_path, flags, mode);
}

Result<void> may_use(const InjectedFile& file, int wanted) {
  const bool is_root = gate::call(SYS_geteuid) == 0;
  const int owner = file.permission() >> 6 & 7;
  if ((wanted & X_OK) != 0 && (file.permission() & 0111) == 0) return fail(EACCES);
  if (!is_root && (wanted & ~owner & (R_OK | W_OK)) != 0) return fail(EACCES);
  return {};
}

namespace {

int64_t open_place(const Place& place, const OpenRequest& request) {
  if (is_in_volume(place)) return to_raw(open_in_volume(place, request));
  switch (place.kind) {
    case PlaceKind::kMissing:
      if (!request.creates()) return -ENOENT;
      if (place.wants_directory) return -EISDIR;
      return place.mount == kNoNode ? -EROFS : open_below_mount(place, request);
    case PlaceKind::kDirectory: return to_raw(open_directory(place.node, request));
    case PlaceKind::kLink: return to_raw(open_link(place.node, request));
    case PlaceKind::kCode: return to_raw(open_code_file(place.node, request));
    case PlaceKind::kInjected: return to_raw(open_injected(place.node, request));
    case PlaceKind::kDevice: return open_device(place, request);
    case PlaceKind::kHost: return open_below_mount(place, request);
    case PlaceKind::kVolume: break;  // above
    case PlaceKind::kDescriptor: return open_descriptor(place.host.fd, request);
  }
  return -EIO;
}

}  // namespace

int64_t attested_open(Call& call, const PathRule& rule) {
  const auto request = request_of(call);
  if (!request) return -number_of(request.error());
  const auto path = read_app_path(call.args[rule.path]);
  if (!path) return -number_of(path.error());
  const bool follows = (request->flags & O_NOFOLLOW) == 0 && !request->excludes();
  if (names_directory_to_make(*path, *request)) {
    const auto place = place_of(directory_of(call, rule), *path, Follow::kName);
    if (!place) return -number_of(place.error());
    if (!place->ends_in_dots) return -EISDIR;
  }
  // A name of a volume that was missing may have been made by somebody else before it could be made here.
  constexpr int kTries = 16;
  int64_t opened = -ESTALE;
  for (int i = 0; i < kTries && opened == -ESTALE; ++i) {
    const auto place = place_of(directory_of(call, rule), *path, follows ? Follow::kYes : Follow::kNo);
    if (!place) return -number_of(place.error());
    opened = open_place(*place, *request);
  }
  return opened;
}

}  // namespace redoubt::shim::file_namespace
