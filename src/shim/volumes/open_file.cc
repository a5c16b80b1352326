// SPDX-License-Identifier: Apache-2.0
//
// Making and recognising descriptors of volumes' files.
#include "shim/volumes/open_file.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include "shim/files/special_descriptors.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/process/program_file.h"
#include "shim/volumes/calls.h"
#include "shim/volumes/content.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim::volumes {

// Open for reading and writing in the kernel whatever the program may do: locks on it need that.
Result<int> open_descriptor(FileId id, int flags) {
  constexpr int kKernels = O_APPEND | O_NONBLOCK | O_SYNC | O_DSYNC;
  const bool is_path = (flags & O_PATH) != 0;
  OwnedFd fd(TRY(gate::descriptor_of(
      window::reopen(window::get(window::Slot::kHandles), O_RDWR | O_CLOEXEC | (is_path ? 0 : flags & kKernels)))));
  const Handle handle = TRY(hold(id, fd.get()));
  TRY_VOID(store_position(fd.get(), {.access = is_path ? O_PATH : flags & O_ACCMODE, .handle = handle}));
  // It may have lost its last name, and with it its blocks, before anybody knew that it is open.
  const auto attributes = volume(id.volume).attributes(id.inode);
  if (!attributes) return std::unexpected(attributes.error());
  if ((flags & O_CLOEXEC) == 0) gate::call(SYS_fcntl, static_cast<uint64_t>(fd.get()), F_SETFD, 0);
  special::hint(fd.get());
  return fd.release();
}

std::optional<OpenFile> identify(int fd) {
  const auto open = describe(fd);
  if (!open) return std::nullopt;
  return OpenFile{.id = file_of(open->handle), .access = open->access, .position = open->position};
}

void mark_written(FileId id) {
  if (const Handle handle = find_handle(id); handle != 0) entry_of(handle).flags |= kWritten;
}

void allow_name(FileId id, bool allowed) {
  const Handle handle = find_handle(id);
  if (handle == 0) return;
  if (allowed) {
    entry_of(handle).flags |= kMayGetName;
  } else {
    entry_of(handle).flags &= ~kMayGetName;
  }
}

bool may_get_name(FileId id) {
  const Handle handle = find_handle(id);
  return handle != 0 && (entry_of(handle).flags & kMayGetName) != 0;
}

Result<void> set_position(int fd, uint64_t position) {
  auto open = describe(fd);
  if (!open) return fail(EBADF);
  if (position >= kPart) return fail(EOVERFLOW);
  open->position = position;
  return store_position(fd, *open);
}

Result<void> truncate(FileId id, uint64_t size) {
  const auto before = TRY(volume(id.volume).attributes(id.inode));
  if (size > before.size) TRY(within_size_limit(size - 1, 1));
  const Handle handle = find_handle(id);
  return handle != 0 ? truncate_content(handle, size) : volume(id.volume).truncate(id.inode, size);
}

}  // namespace redoubt::shim::volumes
