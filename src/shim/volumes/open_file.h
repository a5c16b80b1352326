// SPDX-License-Identifier: Apache-2.0
//
// Open files of volumes: the seam between paths (files/) and descriptors (this folder). mounts.h says how a descriptor of the
// kernel stands for one.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "shim/syscalls/call.h"
#include "volume/volume.h"

namespace redoubt::shim::volumes {

struct FileId {
  size_t volume = 0;  // index, as in mounts.h
  volume::InodeNumber inode = 0;
  bool operator==(const FileId&) const = default;
};

struct OpenFile {
  FileId id;
  int access = 0;  // O_RDONLY, O_WRONLY, O_RDWR; O_PATH descriptors have no handle of their own right: access is O_PATH
  uint64_t position = 0;  // in the file; of a directory, the cookie to go on from
};

// A new description and descriptor. `flags`: O_ACCMODE, O_APPEND, O_NONBLOCK, O_CLOEXEC, O_PATH, O_DSYNC, O_SYNC, O_DIRECT. Neither creates,
// nor truncates, nor checks permissions: the caller did. ENFILE when no handle is free.
Result<int> open_descriptor(FileId id, int flags);

// What a descriptor stands for, or nothing. Cheap for descriptors that never were one (files/special_descriptors.h, hints).
std::optional<OpenFile> identify(int fd);

// A file that was just made and is open: its close makes that durable, as if it had been written.
void mark_written(FileId id);

// Whether link may name a file that has no name: one of O_TMPFILE without O_EXCL, once. For files that are open.
void allow_name(FileId id, bool allowed);
bool may_get_name(FileId id);

// Moves the position (directories: the cookie).
Result<void> set_position(int fd, uint64_t position);

// Cuts or extends a file, for open(O_TRUNC) and truncate(2): also for those who have it mapped, which Volume::truncate() alone
// would not tell. EFBIG, and SIGXFSZ, beyond the program's limit.
Result<void> truncate(FileId id, uint64_t size);

// Calls on descriptors: the result, or nothing when `call` is about none of a volume. Covers reading, writing, seeking, truncating, syncing,
// allocating, locking, mapping (memory_calls.cc asks map()), copying between descriptors, dup, fcntl, ioctl, close, epoll_ctl. What it does not
// know is refused (EINVAL). Attributes, directories, names: files/ (volume_calls.h).
std::optional<int64_t> intercept_descriptors(Call& call);
// Whether descriptor_table.cc lists a call.
bool lists(uint64_t number);

// mmap of a volume's file: the mapping, or -errno. Under AddressSpace::mutex. `perform` makes the kernel's call, with other
// arguments, so that it replaces nothing of the shim's.
using MapFunction = int64_t (*)(Call& call);
int64_t map(Call& call, const OpenFile& file, MapFunction perform);

}  // namespace redoubt::shim::volumes
