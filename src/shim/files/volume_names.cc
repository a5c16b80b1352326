// SPDX-License-Identifier: Apache-2.0
//
// Names in a volume: making, removing, renaming and linking them. Within one volume; between two worlds it is EXDEV. What the tree
// has put below a mount (other mounts, injected files, the way to them) is EBUSY.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

#include "shim/files/permission.h"
#include "shim/files/volume_calls.h"
#include "shim/files/working_directory.h"
#include "shim/memory/app_memory.h"

namespace redoubt::shim::file_namespace {
namespace {

using volume::Attributes;

// What the tree has put there: mounts, injected files, and the directories of a volume that lead to them.
bool is_fixed(const Place& place) {
  switch (place.kind) {
    case PlaceKind::kInjected: return true;
    case PlaceKind::kHost:
    case PlaceKind::kVolume: return place.node != kNoNode;
    case PlaceKind::kDirectory: return state().tree.node(place.node).kind == NodeKind::kVolume;
    default: return false;
  }
}

FileId directory_of(const Place& place) { return {.volume = place.volume, .inode = place.directory.inode}; }
FileId file_of(const Place& place) { return {.volume = place.volume, .inode = place.attributes.inode}; }

// What is to be made: kind and permissions as asked, and what belongs to the kind.
struct NewNode {
  uint32_t mode = 0;
  uint32_t device = 0;
  std::string target;
};

Result<NewNode> new_node(const Call& call, const PathRule& rule) {
  const auto after_path = [&](int index) { return call.args[rule.path + 1 + index]; };
  switch (call.number) {
    case SYS_mkdir:
    case SYS_mkdirat: return NewNode{.mode = S_IFDIR | (static_cast<uint32_t>(after_path(0)) & 01777), .target = {}};
    case SYS_symlink:
    case SYS_symlinkat: {
      std::string target = TRY(read_app_path(call.args[0]));
      if (target.empty()) return fail(ENOENT);
      return NewNode{.mode = S_IFLNK | 0777, .target = std::move(target)};
    }
    default: break;
  }
  const auto mode = static_cast<uint32_t>(after_path(0));
  const uint32_t kind = (mode & S_IFMT) == 0 ? S_IFREG : mode & S_IFMT;
  const auto device = kind == S_IFCHR || kind == S_IFBLK ? static_cast<uint32_t>(after_path(1)) : 0;
  return NewNode{.mode = kind | (mode & 07777), .device = device, .target = {}};
}

// may_delete of fs/namei.c, with what is put in its place: `is_directory` says whether that is one.
Result<void> may_replace(const Place& place, const Credentials& who, bool is_directory) {
  TRY_VOID(permission::may_remove(place.directory, place.attributes, who));
  if (is_directory && !S_ISDIR(place.attributes.mode)) return fail(ENOTDIR);
  if (!is_directory && S_ISDIR(place.attributes.mode)) return fail(EISDIR);
  return {};
}

// Whether a directory is `below` or lies above it.
Result<bool> is_above(const Place& directory, const Attributes& below) {
  for (auto at = below.inode;; at = TRY(volume_of(directory_of(directory))->parent(at))) {
    if (at == directory.attributes.inode) return true;
    if (at == volume::kRootInode) return false;
  }
}

Result<void> may_rename(const Place& from, const Place& to, bool exchanges, const Credentials& who) {
  const bool is_directory = S_ISDIR(from.attributes.mode);
  const bool to_is_directory = to.kind != PlaceKind::kMissing && S_ISDIR(to.attributes.mode);
  TRY_VOID(permission::may_remove(from.directory, from.attributes, who));
  if (to.kind == PlaceKind::kMissing) {
    TRY_VOID(permission::may_create(to.directory, who));
  } else {
    TRY_VOID(may_replace(to, who, exchanges ? to_is_directory : is_directory));
  }
  if (from.directory.inode == to.directory.inode) return {};
  // Its ".." changes.
  if (is_directory) TRY_VOID(permission::may(from.attributes, who, W_OK));
  if (exchanges && to_is_directory) TRY_VOID(permission::may(to.attributes, who, W_OK));
  return {};
}

}  // namespace

Result<void> create_in_volume(Call& call, const PathRule& rule, const Place& place) {
  const Credentials who = credentials();
  const NewNode wanted = TRY(new_node(call, rule));
  TRY_VOID(permission::may_create(place.directory, who));
  const bool is_plain = S_ISDIR(wanted.mode) || S_ISLNK(wanted.mode);
  if (!is_plain) TRY_VOID(permission::may_make_node(wanted.mode, wanted.device, who));
  if (call.number == SYS_mknod || call.number == SYS_mknodat) {
    if (S_ISDIR(wanted.mode)) return fail(EPERM);
    if (S_ISLNK(wanted.mode)) return fail(EINVAL);
  }
  const auto made = permission::of_new(place.directory, who, wanted.mode, working_directory().umask());
  TRY(volume_of(directory_of(place))
          ->create(place.directory.inode, place.name, made.mode, made.uid, made.gid, wanted.device, wanted.target));
  return {};
}

Result<void> remove_in_volume(const Place& place, bool of_directory) {
  if (is_fixed(place)) return fail(EBUSY);
  if (place.kind == PlaceKind::kMissing) return fail(ENOENT);
  if (!of_directory && place.wants_directory) return fail(S_ISDIR(place.attributes.mode) ? EISDIR : ENOTDIR);
  TRY_VOID(may_replace(place, credentials(), of_directory));
  TRY_VOID(volume_of(directory_of(place))->unlink(place.directory.inode, place.name, of_directory));
  volume_of(directory_of(place))->release_if_unlinked(place.attributes.inode);
  return {};
}

Result<void> rename_in_volume(const Place& from, const Place& to, uint64_t flags) {
  constexpr uint64_t kKnown = RENAME_NOREPLACE | RENAME_EXCHANGE;
  if ((flags & ~kKnown) != 0 || flags == kKnown) return fail(EINVAL);
  if (is_fixed(from) || is_fixed(to)) return fail(EBUSY);
  if (!is_in_volume(from) || !is_in_volume(to) || from.volume != to.volume) return fail(EXDEV);
  const bool exchanges = (flags & RENAME_EXCHANGE) != 0;
  if (exchanges && to.kind == PlaceKind::kMissing) return fail(ENOENT);
  if ((flags & RENAME_NOREPLACE) != 0 && to.kind != PlaceKind::kMissing) return fail(EEXIST);
  if (exchanges && to.wants_directory && !S_ISDIR(to.attributes.mode)) return fail(ENOTDIR);
  if (!S_ISDIR(from.attributes.mode) && (from.wants_directory || (!exchanges && to.wants_directory))) {
    return fail(ENOTDIR);
  }
  if (S_ISDIR(from.attributes.mode) && TRY(is_above(from, to.directory))) return fail(EINVAL);
  if (to.kind != PlaceKind::kMissing && S_ISDIR(to.attributes.mode) && TRY(is_above(to, from.directory))) {
    return fail(exchanges ? EINVAL : ENOTEMPTY);
  }
  if (to.kind != PlaceKind::kMissing && from.attributes.inode == to.attributes.inode) return {};
  TRY_VOID(may_rename(from, to, exchanges, credentials()));
  TRY_VOID(volume_of(directory_of(from))
               ->rename(from.directory.inode, from.name, to.directory.inode, to.name, static_cast<unsigned>(flags)));
  if (!exchanges && to.kind != PlaceKind::kMissing) volume_of(file_of(to))->release_if_unlinked(to.attributes.inode);
  return {};
}

Result<void> link_in_volume(const FileId& file, const Place& to) {
  if (!is_in_volume(to) || to.volume != file.volume) return fail(EXDEV);
  const Credentials who = credentials();
  const Attributes attributes = TRY(volume_of(file)->attributes(file.inode));
  TRY_VOID(permission::may_link(attributes, who));
  TRY_VOID(permission::may_create(to.directory, who));
  if (attributes.links == 0 && !volumes::may_get_name(file)) return fail(ENOENT);
  TRY_VOID(volume_of(file)->link(file.inode, to.directory.inode, to.name));
  volumes::allow_name(file, false);
  return {};
}

}  // namespace redoubt::shim::file_namespace
