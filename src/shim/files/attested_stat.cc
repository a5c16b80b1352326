// SPDX-License-Identifier: Apache-2.0
//
// What stat and its kin say of things in the namespace. Device and inode numbers are the shim's own and the same by path and by
// descriptor. Of code files, permission bits, owner and times are the host's, and so is the size until the bytes were verified.
// Of sealed ones nothing is the host's; times are the sequence of the seal, in seconds, so that caches notice another seal.
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "shim/files/attested_calls.h"
#include "shim/files/directory_entries.h"
#include "shim/files/host_path.h"
#include "shim/files/permission.h"
#include "shim/files/proc_files.h"
#include "shim/files/proc_path.h"
#include "shim/files/sealed_files.h"
#include "shim/files/special_descriptors.h"
#include "shim/files/volume_calls.h"
#include "shim/files/volume_paths.h"
#include "shim/files/working_directory.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/syscalls/handlers.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim::file_namespace {
namespace {

constexpr unsigned kDeviceMajor = 0, kDeviceMinor = 0x5244;  // no file system of the kernel has this number
constexpr uint64_t kBlock = 4096;

// What is the same for all nodes.
struct stat number_node(NodeId id, struct stat status) {
  const Node& node = state().tree.node(id);
  status.st_dev = makedev(kDeviceMajor, kDeviceMinor);
  status.st_ino = id + kFirstNodeInode;
  status.st_rdev = 0;
  status.st_nlink = node.is_directory() ? node.subdirectories + 2 : 1;
  status.st_blksize = kBlock;
  status.st_blocks = (status.st_size + 511) / 512;
  return status;
}

Result<struct stat> stat_node(NodeId id) {
  const Node& node = state().tree.node(id);
  struct stat status {};
  if (node.sealed) return number_node(id, stat_of_sealed(node));
  switch (node.kind) {
    case NodeKind::kCode: {
      const std::string path = host_path_of(id);
      const int64_t raw = gate::call(SYS_newfstatat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(path.c_str()),
                                     gate::address_of(&status), 0);
      if (raw == -ENOENT || raw == -ENOTDIR) return fail(EIO);  // the session promised it
      TRY(from_raw(raw));
      status.st_mode = S_IFREG | (status.st_mode & 0777);
      if (node.size != kUnknownSize) status.st_size = static_cast<off_t>(node.size);
      break;
    }
    case NodeKind::kInjected: {
      const InjectedFile& file = state().injected.at(id);
      status.st_mode = S_IFREG | file.permission();
      status.st_uid = static_cast<uid_t>(gate::call(SYS_geteuid));
      status.st_gid = static_cast<gid_t>(gate::call(SYS_getegid));
      status.st_size = static_cast<off_t>(file.size());
      status.st_mtim.tv_sec = status.st_ctim.tv_sec = status.st_atim.tv_sec = file.changed_seconds();
      break;
    }
    case NodeKind::kLink:
      status.st_mode = S_IFLNK | 0777;
      status.st_size = static_cast<off_t>(node.target.size());
      break;
    default: status.st_mode = S_IFDIR | 0755; break;
  }
  return number_node(id, status);
}

statx_timestamp timestamp_of(const timespec& time) {
  return {.tv_sec = time.tv_sec, .tv_nsec = static_cast<uint32_t>(time.tv_nsec), .__reserved = 0};
}

struct statx statx_of(const struct stat& status) {
  struct statx full {};
  full.stx_mask = STATX_BASIC_STATS;
  full.stx_blksize = static_cast<uint32_t>(status.st_blksize);
  full.stx_nlink = static_cast<uint32_t>(status.st_nlink);
  full.stx_uid = status.st_uid;
  full.stx_gid = status.st_gid;
  full.stx_mode = static_cast<uint16_t>(status.st_mode);
  full.stx_ino = status.st_ino;
  full.stx_size = static_cast<uint64_t>(status.st_size);
  full.stx_blocks = static_cast<uint64_t>(status.st_blocks);
  full.stx_atime = timestamp_of(status.st_atim);
  full.stx_mtime = timestamp_of(status.st_mtim);
  full.stx_ctime = timestamp_of(status.st_ctim);
  full.stx_dev_major = kDeviceMajor;
  full.stx_dev_minor = kDeviceMinor;
  return full;
}

bool is_of_tree(const Place& place) {
  return place.kind == PlaceKind::kDirectory || place.kind == PlaceKind::kCode || place.kind == PlaceKind::kLink ||
         place.kind == PlaceKind::kInjected;
}

// The node that a question is about; kNoNode: something of the host's or of the kernel's.
NodeId node_asked(const Place& place) {
  if (place.kind == PlaceKind::kDescriptor) return special::node_of(place.host.fd);
  return is_of_tree(place) ? place.node : kNoNode;
}

int64_t copy_text(uint64_t buffer_at, uint64_t size, std::string_view text) {
  const size_t count = std::min<uint64_t>(text.size(), size);
  return copy_to_app(buffer_at, text.data(), count) ? static_cast<int64_t>(count) : -EFAULT;
}

// What /proc/self/fd/N says of an open file.
std::string name_of_descriptor(int fd) {
  if (const auto file = volumes::identify(fd)) return volume_paths::of_file(file->id);
  if (const std::string name = name_of_special(fd); !name.empty()) return name;
  const std::string path = path_of_fd(fd);
  const std::string inside = path.starts_with('/') ? state().tree.path_of_host(path) : std::string();
  return inside.empty() ? name_of_substitute(path) : inside;
}

int64_t access_of_node(NodeId id, const Credentials& who, int wanted) {
  const Node& node = state().tree.node(id);
  if (node.kind == NodeKind::kInjected) return to_raw(may_use(state().injected.at(id), wanted));
  if ((wanted & W_OK) != 0) return -EROFS;
  if (node.kind == NodeKind::kSealed && (wanted & X_OK) != 0) return -EACCES;  // as on a file system mounted noexec
  if (node.sealed) return to_raw(permission::may(sealed_attributes(node), who, wanted));
  if (node.kind != NodeKind::kCode) return 0;
  const std::string path = host_path_of(id);
  const int64_t raw = gate::call(SYS_faccessat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(path.c_str()),
                                 static_cast<uint64_t>(wanted));
  return raw == -ENOENT || raw == -ENOTDIR ? -EIO : raw;
}

}  // namespace

int64_t stat_of_descriptor(int, NodeId node, uint64_t buffer_at) {
  const auto status = stat_node(node);
  if (!status) return -number_of(status.error());
  return write_app(buffer_at, *status) ? 0 : -EFAULT;
}

int64_t attested_stat(Call& call, const PathRule& rule) {
  const auto place = place_of(call, rule);
  if (!place) return -number_of(place.error());
  if (place->kind == PlaceKind::kMissing) return -ENOENT;
  const uint64_t buffer_at = call.args[rule.path + 1];
  if (const auto file = volume_file(*place)) {
    const auto status = stat_in_volume(*file);
    if (!status) return -number_of(status.error());
    return write_app(buffer_at, *status) ? 0 : -EFAULT;
  }
  if (const NodeId node = node_asked(*place); node != kNoNode) return stat_of_descriptor(-1, node, buffer_at);
  if (place->kind == PlaceKind::kDescriptor) {
    return gate::call(SYS_fstat, static_cast<uint64_t>(place->host.fd), buffer_at);
  }
  const auto path = HostPath::to(*place);
  if (!path) return -number_of(path.error());
  return gate::call(SYS_fstat, static_cast<uint64_t>(path->fd()), buffer_at);
}

int64_t attested_statx(Call& call, const PathRule& rule) {
  constexpr uint32_t kReserved = STATX__RESERVED;
  if ((call.args[3] & kReserved) != 0 || (call.args[2] & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE) return -EINVAL;
  const auto place = place_of(call, rule);
  if (!place) return -number_of(place.error());
  if (place->kind == PlaceKind::kMissing) return -ENOENT;
  const uint64_t buffer_at = call.args[4];
  if (const auto file = volume_file(*place)) {
    const auto status = statx_in_volume(*file);
    if (!status) return -number_of(status.error());
    return write_app(buffer_at, *status) ? 0 : -EFAULT;
  }
  if (const NodeId node = node_asked(*place); node != kNoNode) {
    const auto status = stat_node(node);
    if (!status) return -number_of(status.error());
    return write_app(buffer_at, statx_of(*status)) ? 0 : -EFAULT;
  }
  constexpr uint64_t kSync = AT_STATX_SYNC_TYPE;
  const auto ask = [&](int fd) {
    return gate::call(SYS_statx, static_cast<uint64_t>(fd), gate::address_of(""),
                      AT_EMPTY_PATH | (call.args[2] & kSync), call.args[3], buffer_at);
  };
  if (place->kind == PlaceKind::kDescriptor) return ask(place->host.fd);
  const auto path = HostPath::to(*place);
  return path ? ask(path->fd()) : -number_of(path.error());
}

int64_t attested_access(Call& call, const PathRule& rule) {
  const int wanted = call.int_arg(rule.path + 1);
  if ((wanted & ~(R_OK | W_OK | X_OK)) != 0) return -EINVAL;
  const bool as_effective = rule.flags != kNoArg && (call.args[rule.flags] & AT_EACCESS) != 0;
  Credentials who;
  if (volumes::is_active() || state().tree.holds_sealed()) who = as_effective ? credentials() : real_credentials();
  const auto place = place_of(call, rule, &who);
  if (!place) return -number_of(place.error());
  if (place->kind == PlaceKind::kMissing) return -ENOENT;
  if (const auto file = volume_file(*place)) return to_raw(access_in_volume(*file, who, wanted));
  if (const NodeId node = node_asked(*place); node != kNoNode) return access_of_node(node, who, wanted);
  const bool is_kernel = place->kind == PlaceKind::kHost && state().tree.node(place->mount).kind == NodeKind::kKernel;
  // As on a file system mounted noexec: nothing of the host is executable, but directories may be entered.
  const bool is_file = place->kind == PlaceKind::kHost && place->host.kind == HostEntry::Kind::kFile;
  if ((wanted & X_OK) != 0 && is_file) return -EACCES;
  if ((wanted & W_OK) != 0 && is_kernel && !place->host_path.starts_with("/proc/")) return -EROFS;
  return pass_host(call, rule, *place, rule.follow, false);
}

int64_t attested_readlink(Call& call, const PathRule& rule) {
  const uint64_t size = call.args[rule.path + 2];
  const uint64_t buffer_at = call.args[rule.path + 1];
  if (static_cast<int64_t>(size) <= 0) return -EINVAL;
  const auto path = read_app_path(call.args[rule.path]);
  if (!path) return -number_of(path.error());
  const int directory = directory_of(call, rule);
  const auto read_volume_link = [&](const FileId& file) -> int64_t {
    const auto target = volume_of(file)->read_link(file.inode);
    return target ? copy_text(buffer_at, size, *target) : -number_of(target.error());
  };
  if (path->empty() && rule.directory != kNoArg) {
    if (const auto file = volumes::identify(directory)) {
      const int64_t result = read_volume_link(file->id);
      return result == -EINVAL ? -ENOENT : result;
    }
    const NodeId node = special::node_of(directory);
    if (node == kNoNode) return sys_readlinkat(call);
    if (state().tree.node(node).kind != NodeKind::kLink) return -ENOENT;
    return copy_text(buffer_at, size, state().tree.node(node).target);
  }
  const auto place = place_of(directory, *path, Follow::kNo);
  if (!place) return -number_of(place.error());
  switch (place->kind) {
    case PlaceKind::kMissing: return -ENOENT;
    case PlaceKind::kLink: return copy_text(buffer_at, size, state().tree.node(place->node).target);
    case PlaceKind::kVolume: return read_volume_link({.volume = place->volume, .inode = place->attributes.inode});
    case PlaceKind::kHost:
      if (place->host.kind == HostEntry::Kind::kLink) return copy_text(buffer_at, size, place->host.target);
      if (place->host.kind == HostEntry::Kind::kDescriptor) {
        return copy_text(buffer_at, size, name_of_descriptor(place->host.fd));
      }
      return -EINVAL;
    default: return -EINVAL;
  }
}

int64_t attested_statfs(Call& call, const PathRule& rule) {
  const auto place = place_of(call, rule);
  if (!place) return -number_of(place.error());
  if (place->kind == PlaceKind::kMissing) return -ENOENT;
  if (const auto file = volume_file(*place)) {
    const auto space = statfs_of_volume(file->volume);
    if (!space) return -number_of(space.error());
    return write_app(call.args[1], *space) ? 0 : -EFAULT;
  }
  if (node_asked(*place) == kNoNode) return pass_host(call, rule, *place, rule.follow, false);
  constexpr int64_t kReadOnly = 1, kValid = 0x20;  // ST_RDONLY, ST_VALID
  struct statfs status {};
  status.f_type = TMPFS_MAGIC;
  status.f_bsize = status.f_frsize = kBlock;
  status.f_namelen = 255;
  status.f_flags = kReadOnly | kValid;
  return write_app(call.args[1], status) ? 0 : -EFAULT;
}

}  // namespace redoubt::shim::file_namespace
