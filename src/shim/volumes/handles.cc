// SPDX-License-Identifier: Apache-2.0
//
// The table of handles: chains from buckets, a list of free ones, all under one lock. A process that is killed in the middle of a
// change leaves lists that nobody can trust; whoever locks next builds them anew from the entries, each of which is whole.
#include "shim/volumes/handles.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/files/special_descriptors.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"

namespace redoubt::shim::volumes {
namespace {

constexpr int kInodeBits = 56;
constexpr uint64_t kInodeMask = (uint64_t{1} << kInodeBits) - 1;
constexpr uint64_t kOffsetMask = (uint64_t{1} << kOffsetBits) - 1;
constexpr int kAccessShift = kOffsetBits + kHandleBits;
static_assert(kAccessShift + 2 <= 63, "a position is not negative");
constexpr unsigned kPathAccess = 3;  // O_PATH, in the two bits of the access mode

uint64_t pack(FileId file) { return (uint64_t{file.volume} + 1) << kInodeBits | (file.inode & kInodeMask); }

uint64_t number(int fd) { return static_cast<uint64_t>(fd); }
uint64_t handles_fd() { return number(window::get(window::Slot::kHandles)); }
uint64_t arena_fd() { return number(window::get(window::Slot::kArena)); }

std::atomic<uint32_t>& bucket_of(uint64_t packed) { return control().buckets[(packed * 0x9e3779b97f4a7c15) >> 48]; }
static_assert(kBucketCount == 1U << 16);

struct flock byte_lock(short type, uint64_t at) {
  return {.l_type = type, .l_whence = SEEK_SET, .l_start = static_cast<off_t>(at), .l_len = 1, .l_pid = 0};
}

// Whether any description but `fd`'s has a lock there. What is no answer counts as yes.
bool is_locked(uint64_t fd, uint64_t at) {
  struct flock lock = byte_lock(F_WRLCK, at);
  return gate::call(SYS_fcntl, fd, F_OFD_GETLK, gate::address_of(&lock)) != 0 || lock.l_type != F_UNLCK;
}

Result<void> lock_shared(int fd, uint64_t at) {
  const struct flock lock = byte_lock(F_RDLCK, at);
  TRY(from_raw(gate::call(SYS_fcntl, number(fd), F_OFD_SETLK, gate::address_of(&lock))));
  return {};
}

bool has_no_holder(Handle handle) {
  return !is_locked(handles_fd(), open_byte(handle)) &&
         ((entry_of(handle).flags & kMapped) == 0 || !is_mapped_somewhere(handle));
}

// ---- Under the lock of the table. ----

void link(Handle handle) {
  std::atomic<uint32_t>& bucket = bucket_of(entry_of(handle).file);
  entry_of(handle).next = bucket.load();
  bucket = handle;
}

void unlink(Handle handle) {
  std::atomic<uint32_t>* at = &bucket_of(entry_of(handle).file);
  while (*at != 0 && *at != handle) at = &entry_of(*at).next;
  if (*at == handle) *at = entry_of(handle).next.load();
}

void set_free(Handle handle) {
  HandleEntry& entry = entry_of(handle);
  entry.file = 0;
  entry.flags = 0;
  entry.next = control().free_list.load();
  control().free_list = handle;
}

void rebuild() {
  ControlBlock& shared = control();
  for (auto& bucket : shared.buckets) bucket = 0;
  shared.free_list = 0;
  for (Handle handle = 1; handle < shared.used; ++handle) {
    if (entry_of(handle).file != 0) {
      link(handle);
    } else {
      set_free(handle);
    }
  }
}

class TableGuard {
 public:
  TableGuard() : guard_(control().handles) {
    if (guard_.after_death()) rebuild();
  }

 private:
  SharedGuard guard_;
};

Handle find(uint64_t packed) {
  for (Handle handle = bucket_of(packed); handle != 0; handle = entry_of(handle).next) {
    if (entry_of(handle).file == packed) return handle;
  }
  return 0;
}

// What processes left behind that ended without closing. Mapped ones keep theirs until somebody has written their pages back.
void sweep() {
  for (Handle handle = 1; handle < control().used; ++handle) {
    if (entry_of(handle).file == 0 || (entry_of(handle).flags & kMapped) != 0 || !has_no_holder(handle)) continue;
    unlink(handle);
    set_free(handle);
  }
}

Result<Handle> make(uint64_t packed) {
  ControlBlock& shared = control();
  Handle handle = 0;
  if (shared.free_list == 0 && shared.used < kHandleCount) {
    handle = shared.used == 0 ? 1 : shared.used.load();
    shared.used = handle + 1;
  } else {
    if (shared.free_list == 0) sweep();
    handle = shared.free_list;
    if (handle == 0) return fail(ENFILE);
    shared.free_list = entry_of(handle).next.load();
  }
  entry_of(handle).flags = 0;
  entry_of(handle).file = packed;
  link(handle);
  return handle;
}

}  // namespace

uint64_t encode(const Description& description) {
  const unsigned access =
      description.access == O_PATH ? kPathAccess : static_cast<unsigned>(description.access & O_ACCMODE);
  return uint64_t{access} << kAccessShift | uint64_t{description.handle} << kOffsetBits |
         (description.position & kOffsetMask);
}

Description decode(uint64_t position) {
  const auto access = static_cast<unsigned>(position >> kAccessShift) & 3;
  return {.access = access == kPathAccess ? O_PATH : static_cast<int>(access),
          .handle = static_cast<Handle>(position >> kOffsetBits) & (kHandleCount - 1),
          .position = position & kOffsetMask};
}

std::optional<Description> describe(int fd) {
  if (!special::is_volume_handle(fd)) return std::nullopt;
  const int64_t raw = gate::call(SYS_lseek, number(fd), 0, SEEK_CUR);
  if (raw < 0) return std::nullopt;
  const Description found = decode(static_cast<uint64_t>(raw));
  // A descriptor that open_descriptor() is making has no handle yet.
  if (found.handle == 0 || entry_of(found.handle).file == 0) return std::nullopt;
  return found;
}

Result<void> store_position(int fd, const Description& description) {
  TRY(from_raw(gate::call(SYS_lseek, number(fd), encode(description), SEEK_SET)));
  return {};
}

HandleEntry& entry_of(Handle handle) { return control().entries[handle % kHandleCount]; }

FileId file_of(Handle handle) {
  const uint64_t packed = entry_of(handle).file;
  return {.volume = static_cast<size_t>((packed >> kInodeBits) - 1) % kMostVolumes, .inode = packed & kInodeMask};
}

Handle find_handle(FileId file) {
  const TableGuard guard;
  return find(pack(file));
}

Result<Handle> hold(FileId file, int fd) {
  const TableGuard guard;
  Handle handle = find(pack(file));
  if (handle == 0) handle = TRY(make(pack(file)));
  TRY_VOID(lock_shared(fd, open_byte(handle)));
  return handle;
}

bool is_mapped_somewhere(Handle handle) { return is_locked(arena_fd(), open_byte(handle)); }
Result<void> hold_by_mapping(Handle handle, int arena_fd) { return lock_shared(arena_fd, open_byte(handle)); }
bool is_in_use(Handle handle) { return !has_no_holder(handle); }

bool give_back_if_unused(Handle handle) {
  const TableGuard guard;
  if (entry_of(handle).file == 0 || (entry_of(handle).flags & kMapped) != 0 || !has_no_holder(handle)) return false;
  unlink(handle);
  set_free(handle);
  return true;
}

}  // namespace redoubt::shim::volumes
