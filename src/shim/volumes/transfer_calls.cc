// SPDX-License-Identifier: Apache-2.0
//
// read and write in all their forms. Calls without a position of their own take the description's, one at a time for a file
// (HandleEntry::position), so that two of them never get the same bytes and the position is never lost between them.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>

#include <algorithm>
#include <memory>
#include <new>

#include "shim/files/volume_calls.h"
#include "shim/volumes/calls.h"
#include "shim/volumes/content.h"
#include "shim/volumes/mounts.h"
#include "shim/volumes/transfer.h"

namespace redoubt::shim::volumes {
namespace {

constexpr size_t kOnStack = 16384;
constexpr size_t kLargestChunk = size_t{256} << 10;
constexpr size_t kLargestWrite = size_t{1} << 20;  // one record of the log as far as possible

// Memory for the bytes of one call: on the stack when they are few.
class Buffer {
 public:
  Buffer(uint64_t wanted, size_t largest) {
    const size_t size = std::min<uint64_t>(wanted, largest);
    if (size <= sizeof(small_)) {
      bytes_ = {small_, size};
      return;
    }
    large_.reset(new (std::nothrow) uint8_t[size]);
    bytes_ = large_ != nullptr ? std::span<uint8_t>(large_.get(), size) : std::span<uint8_t>(small_, sizeof(small_));
  }
  std::span<uint8_t> bytes() const { return bytes_; }

 private:
  uint8_t small_[kOnStack];
  std::unique_ptr<uint8_t[]> large_;
  std::span<uint8_t> bytes_;
};

int64_t result_of(uint64_t done, int64_t error) { return done != 0 ? static_cast<int64_t>(done) : error; }

int64_t read_at(Handle handle, Transfer& transfer, uint64_t position) {
  if (position >= kLargestFile) return 0;
  const Buffer buffer(transfer.left(), kLargestChunk);
  uint64_t done = 0;
  while (transfer.left() > 0) {
    const auto into = buffer.bytes().first(std::min<uint64_t>(buffer.bytes().size(), transfer.left()));
    const auto got = read_content(handle, position + done, into);
    if (!got) return result_of(done, -number_of(got.error()));
    const size_t given = transfer.give(into.first(*got));
    done += given;
    if (given < *got) return result_of(done, -EFAULT);
    if (*got < into.size()) break;
  }
  return static_cast<int64_t>(done);
}

struct Written {
  int64_t result;  // bytes, or -errno
  uint64_t end;    // of what was written
};

Written write_at(Handle handle, Transfer& transfer, uint64_t position, bool appends) {
  const Buffer buffer(transfer.left(), kLargestWrite);
  uint64_t done = 0;
  while (transfer.left() > 0) {
    const auto from = buffer.bytes().first(std::min<uint64_t>(buffer.bytes().size(), transfer.left()));
    const size_t taken = transfer.take(from);
    if (taken == 0) return {result_of(done, -EFAULT), position};
    if (appends) {
      const auto end = append_content(handle, from.first(taken));
      if (!end) return {result_of(done, -number_of(end.error())), position};
      position = *end;
    } else {
      const auto written = write_content(handle, position, from.first(taken));
      if (!written) return {result_of(done, -number_of(written.error())), position};
      position += taken;
    }
    done += taken;
    if (taken < from.size()) break;
  }
  return {static_cast<int64_t>(done), position};
}

// Whether such flags can be honoured, and what they ask for.
constexpr int kNoAppend = 0x20;  // RWF_NOAPPEND, Linux 6.9
constexpr int kWriteFlags = RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_APPEND | kNoAppend;
constexpr int kReadFlags = kWriteFlags | RWF_NOWAIT;  // a read has nothing to do about most

int64_t check_flags(int flags, int known) {
  if ((flags & ~known) != 0) return -EOPNOTSUPP;
  return (flags & RWF_APPEND) != 0 && (flags & kNoAppend) != 0 ? -EINVAL : 0;
}

int64_t write_with_flags(const Target& target, Transfer& transfer, int status) {
  const Handle handle = target.open.handle;
  const bool appends =
      ((status & O_APPEND) != 0 && (transfer.flags() & kNoAppend) == 0) || (transfer.flags() & RWF_APPEND) != 0;
  if (transfer.left() == 0) return 0;
  if (const auto given = transfer.position(); given && !appends) {
    const auto room = within_size_limit(*given, transfer.left());
    if (!room) return -number_of(room.error());
    transfer.limit(*room);
    return write_at(handle, transfer, *given, false).result;
  }
  // Appends go one at a time as well: in several pieces they stay together, and below the limit.
  const SharedGuard guard(entry_of(handle).position);
  auto open = look_again(target);
  if (!open) return -EBADF;
  uint64_t position = transfer.position().value_or(open->position);
  if (appends) {
    const auto attributes = target.volume().attributes(target.id.inode);
    if (!attributes) return -number_of(attributes.error());
    position = attributes->size;
  }
  const auto room = within_size_limit(position, transfer.left());
  if (!room) return -number_of(room.error());
  transfer.limit(*room);
  const Written written = write_at(handle, transfer, position, appends);
  if (written.result > 0 && !transfer.position()) {
    open->position = written.end;
    const auto stored = store_position(target.fd, *open);
    if (!stored) return -number_of(stored.error());
  }
  return written.result;
}

}  // namespace

Answer read_call(Call& call, const Target& target) {
  if (!target.may_read()) return -EBADF;
  Transfer transfer;
  if (const int64_t error = transfer.decode(call); error != 0) return error;
  if (const int64_t error = check_flags(transfer.flags(), kReadFlags); error != 0) return error;
  const Handle handle = target.open.handle;
  if (const auto given = transfer.position(); given) return read_at(handle, transfer, *given);
  const SharedGuard guard(entry_of(handle).position);
  auto open = look_again(target);
  if (!open) return -EBADF;
  const int64_t got = read_at(handle, transfer, open->position);
  if (got <= 0) return got;
  open->position += static_cast<uint64_t>(got);
  const auto stored = store_position(target.fd, *open);
  return stored ? got : -number_of(stored.error());
}

Answer write_call(Call& call, const Target& target) {
  if (!target.may_write()) return -EBADF;
  Transfer transfer;
  if (const int64_t error = transfer.decode(call); error != 0) return error;
  if (const int64_t error = check_flags(transfer.flags(), kWriteFlags); error != 0) return error;
  if (transfer.left() != 0) {
    if (const auto dropped = file_namespace::drop_set_ids(target.id); !dropped) return -number_of(dropped.error());
  }
  const int status = status_flags(target.fd);
  const int64_t result = write_with_flags(target, transfer, status);
  const bool synchronous = (status & O_DSYNC) != 0 || (transfer.flags() & (RWF_DSYNC | RWF_SYNC)) != 0;
  if (result <= 0 || !synchronous) return result;
  const auto settled = settle_volume(target.id.volume);
  return settled ? result : -number_of(settled.error());
}

}  // namespace redoubt::shim::volumes
