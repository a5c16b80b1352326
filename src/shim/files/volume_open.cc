// SPDX-License-Identifier: Apache-2.0
//
// open(2) in a volume: do_open and may_open of fs/namei.c, in their order. The descriptor is made before the file is truncated, so
// that a failure to get one loses nothing.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/files/permission.h"
#include "shim/files/volume_calls.h"
#include "shim/files/volume_paths.h"
#include "shim/files/window.h"
#include "shim/files/working_directory.h"
#include "shim/gate/gate.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim::file_namespace {
namespace {

using volume::Attributes;
using volume::InodeNumber;

Result<int> descriptor_of(const FileId& file, const OpenRequest& request) {
  constexpr int kKept = O_ACCMODE | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_SYNC | O_DIRECT;
  const HeapScope heap;
  return volumes::open_descriptor(file, request.flags & (request.only_path() ? O_PATH | O_CLOEXEC : kKept));
}

permission::Ownership new_file(const Attributes& directory, const Credentials& who, const OpenRequest& request) {
  constexpr uint64_t kPermissions = 07777;
  return permission::of_new(directory, who, S_IFREG | static_cast<uint32_t>(request.mode & kPermissions),
                            working_directory().umask());
}

// EMFILE before a name is made, as the kernel orders it.
Result<void> expect_free_descriptor() {
  const auto some = static_cast<uint64_t>(window::get(window::Slot::kProc));
  const int64_t raw = gate::call(SYS_fcntl, some, F_DUPFD_CLOEXEC, 0);
  if (raw == -EMFILE) return fail(EMFILE);
  if (!is_error(raw)) gate::call(SYS_close, static_cast<uint64_t>(raw));
  return {};
}

Result<int> create_and_open(const Place& place, const OpenRequest& request) {
  if (place.wants_directory) return fail(EISDIR);
  const Credentials who = credentials();
  TRY_VOID(permission::may_create(place.directory, who));
  TRY_VOID(expect_free_descriptor());
  const auto made = new_file(place.directory, who, request);
  const FileId volume{.volume = place.volume};
  const auto inode = volume_of(volume)->create(place.directory.inode, place.name, made.mode, made.uid, made.gid);
  if (!inode)
    return inode.error() == as_errno(EEXIST) && !request.excludes() ? fail(ESTALE) : std::unexpected(inode.error());
  const FileId file{.volume = place.volume, .inode = *inode};
  volume_paths::remember(file, place.directory.inode, place.name);
  const int fd = TRY(descriptor_of(file, request));
  volumes::mark_written(file);
  return fd;
}

Result<int> open_nameless(const FileId& directory, const Attributes& attributes, const OpenRequest& request) {
  if ((request.flags & O_ACCMODE) == O_RDONLY) return fail(EINVAL);
  const Credentials who = credentials();
  TRY_VOID(permission::may_create(attributes, who));
  const auto made = new_file(attributes, who, request);
  const InodeNumber inode = TRY(volume_of(directory)->create_nameless(made.mode, made.uid, made.gid));
  const FileId file{.volume = directory.volume, .inode = inode};
  volume_paths::remember(file, directory.inode, "#" + std::to_string(inode));
  const int fd = TRY(descriptor_of(file, request));
  if ((request.flags & O_EXCL) == 0) volumes::allow_name(file, true);
  return fd;
}

Result<void> cut_off(const FileId& file, const Attributes& attributes, const Credentials& who) {
  TRY_VOID(drop_set_ids(file, attributes, who));
  const HeapScope heap;
  return volumes::truncate(file, 0);
}

// Something that is there, links resolved as far as they are to be.
Result<int> open_existing(const FileId& file, const Attributes& attributes, const OpenRequest& request) {
  if (request.excludes()) return fail(EEXIST);
  const bool is_directory = S_ISDIR(attributes.mode);
  if (request.creates() && is_directory) return fail(EISDIR);
  if ((request.flags & O_DIRECTORY) != 0 && !is_directory) return fail(ENOTDIR);
  if (request.only_path()) return descriptor_of(file, request);
  if (S_ISLNK(attributes.mode)) return fail(ELOOP);
  if (request.is_nameless()) return open_nameless(file, attributes, request);
  if (is_directory && request.writes()) return fail(EISDIR);
  const Credentials who = credentials();
  const bool truncates = (request.flags & O_TRUNC) != 0;
  TRY_VOID(permission::may(attributes, who, request.wanted() | (truncates ? W_OK : 0)));
  if ((request.flags & O_NOATIME) != 0 && !permission::is_owner(attributes, who)) return fail(EPERM);
  if (!is_directory && !S_ISREG(attributes.mode)) return fail(ENXIO);
  const int fd = TRY(descriptor_of(file, request));
  if (!truncates) return fd;
  if (const auto done = cut_off(file, attributes, who); !done) {
    gate::call(SYS_close, static_cast<uint64_t>(fd));
    return std::unexpected(done.error());
  }
  return fd;
}

}  // namespace

VolumeInUse volume_of(const FileId& file) { return VolumeInUse(volumes::volume(file.volume)); }

std::optional<FileId> volume_file(const Place& place) {
  if (place.kind == PlaceKind::kVolume) return FileId{.volume = place.volume, .inode = place.attributes.inode};
  if (place.kind != PlaceKind::kDescriptor) return std::nullopt;
  const auto file = volumes::identify(place.host.fd);
  return file ? std::optional(file->id) : std::nullopt;
}

bool is_in_volume(const Place& place) {
  return place.kind == PlaceKind::kVolume || (place.kind == PlaceKind::kMissing && place.directory.inode != 0);
}

Result<int> open_in_volume(const Place& place, const OpenRequest& request) {
  if (place.kind == PlaceKind::kMissing) {
    if (!request.creates() || request.is_nameless()) return fail(ENOENT);
    return create_and_open(place, request);
  }
  const FileId file{.volume = place.volume, .inode = place.attributes.inode};
  if (place.directory.inode != 0) volume_paths::remember(file, place.directory.inode, place.name);
  return open_existing(file, place.attributes, request);
}

Result<int> reopen_in_volume(const FileId& file, const OpenRequest& request) {
  const Attributes attributes = TRY(volume_of(file)->attributes(file.inode));
  return open_existing(file, attributes, request);
}

}  // namespace redoubt::shim::file_namespace
