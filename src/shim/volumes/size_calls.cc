// SPDX-License-Identifier: Apache-2.0
//
// Position, size, holes and durability of open files.
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "shim/files/volume_calls.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/volumes/calls.h"
#include "shim/volumes/content.h"
#include "shim/volumes/host_storage.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim::volumes {
namespace {

Result<uint64_t> size_of(const Target& target) {
  return TRY(target.volume().attributes(target.id.inode))
  .size;
}

bool is_regular(const Target& target) {
  const auto attributes = target.volume().attributes(target.id.inode);
  return attributes && S_ISREG(attributes->mode);
}

// Where a seek goes. Under the entry's `position`.
Result<uint64_t> destination(const Target& target, const Description& open, int64_t offset, int whence) {
  int64_t from = 0;
  switch (whence) {
    case SEEK_SET: break;
    case SEEK_CUR: from = static_cast<int64_t>(open.position); break;
    case SEEK_END: from = static_cast<int64_t>(TRY(size_of(target))); break;
    case SEEK_DATA:
    case SEEK_HOLE: {
      if (offset < 0) return fail(ENXIO);
      TRY_VOID(flush(open.handle));  // what was stored into a hole is data
      const auto at = static_cast<uint64_t>(offset);
      return whence == SEEK_DATA ? target.volume().seek_data(target.id.inode, at)
                                 : target.volume().seek_hole(target.id.inode, at);
    }
    default: return fail(EINVAL);
  }
  int64_t to;
  if (__builtin_add_overflow(from, offset, &to)) return fail(EOVERFLOW);
  if (to < 0 || static_cast<uint64_t>(to) >= kPart) return fail(EINVAL);
  return static_cast<uint64_t>(to);
}

// Grows a file to `end` without a change of what others put there meanwhile.
Result<void> extend(const Target& target, uint64_t end) {
  static constexpr uint8_t kZero = 0;
  if (TRY(size_of(target)) >= end) return {};
  TRY(within_size_limit(end - 1, 1));
  return write_content(target.open.handle, end - 1, {&kZero, 1});
}

Result<void> allocate(const Target& target, int mode, int64_t offset, int64_t size) {
  if (offset < 0 || size <= 0) return fail(EINVAL);
  constexpr int kKnown = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;
  const bool punches = (mode & FALLOC_FL_PUNCH_HOLE) != 0;
  const bool zeroes = (mode & FALLOC_FL_ZERO_RANGE) != 0;
  const bool keeps_size = (mode & FALLOC_FL_KEEP_SIZE) != 0;
  if ((mode & ~kKnown) != 0 || (punches && (zeroes || !keeps_size))) return fail(EOPNOTSUPP);
  if (!target.may_write()) return fail(EBADF);
  if (!is_regular(target)) return fail(ENODEV);
  uint64_t end;
  if (__builtin_add_overflow(static_cast<uint64_t>(offset), static_cast<uint64_t>(size), &end) || end > kLargestFile) {
    return fail(EFBIG);
  }
  TRY_VOID(file_namespace::drop_set_ids(target.id));
  const auto at = static_cast<uint64_t>(offset);
  if (punches || zeroes) {
    const uint64_t known_end = std::min(end, TRY(size_of(target)));
    if (at < known_end) TRY_VOID(punch_content(target.open.handle, at, known_end - at));
  }
  return keeps_size ? Result<void>{} : extend(target, end);
}

}  // namespace

volume::Volume& Target::volume() const { return volumes::volume(id.volume); }

Result<uint64_t> within_size_limit(uint64_t position, uint64_t size) {
  if (size == 0) return uint64_t{0};
  const uint64_t limit = file_size_limit();
  if (limit != RLIM_INFINITY && position >= limit) {
    gate::call(SYS_tkill, static_cast<uint64_t>(gate::call(SYS_gettid)), SIGXFSZ);
    return fail(EFBIG);
  }
  if (position >= kLargestFile) return fail(EFBIG);
  return std::min({size, limit - position, kLargestFile - position});
}

std::optional<Description> look_again(const Target& target) {
  const int64_t raw = gate::call(SYS_lseek, static_cast<uint64_t>(target.fd), 0, SEEK_CUR);
  if (raw < 0) return std::nullopt;
  const Description open = decode(static_cast<uint64_t>(raw));
  return open.handle == target.open.handle ? std::optional(open) : std::nullopt;
}

int status_flags(int fd) {
  const int64_t flags = gate::call(SYS_fcntl, static_cast<uint64_t>(fd), F_GETFL);
  return is_error(flags) ? 0 : static_cast<int>(flags);
}

Answer seek_call(Call& call, const Target& target) {
  if (target.is_path()) return -EBADF;
  const Handle handle = target.open.handle;
  const SharedGuard guard(entry_of(handle).position);
  auto open = look_again(target);
  if (!open) return -EBADF;
  const auto to = destination(target, *open, static_cast<int64_t>(call.args[1]), call.int_arg(2));
  if (!to) return -number_of(to.error());
  if (*to == open->position) return static_cast<int64_t>(*to);
  open->position = *to;
  const auto stored = store_position(target.fd, *open);
  return stored ? static_cast<int64_t>(*to) : -number_of(stored.error());
}

Answer truncate_call(Call& call, const Target& target) {
  if (target.is_path()) return -EBADF;
  const auto size = static_cast<int64_t>(call.args[1]);
  if (size < 0 || !target.may_write() || !is_regular(target)) return -EINVAL;
  if (const auto dropped = file_namespace::drop_set_ids(target.id); !dropped) return -number_of(dropped.error());
  return to_raw(truncate(target.id, static_cast<uint64_t>(size)));
}

Answer allocate_call(Call& call, const Target& target) {
  return to_raw(
      allocate(target, call.int_arg(1), static_cast<int64_t>(call.args[2]), static_cast<int64_t>(call.args[3])));
}

Answer sync_call(Call& call, const Target& target) {
  if (target.is_path()) return -EBADF;
  if (call.number == SYS_syncfs) {
    if (const auto flushed = flush_all(); !flushed) return -number_of(flushed.error());
    return to_raw(settle_volume(target.id.volume));
  }
  return to_raw(flush_and_settle(target.open.handle));
}

// Promises nothing that write has not kept already.
Answer sync_range_call(Call& call, const Target& target) {
  constexpr uint32_t kFlags = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  if (target.is_path()) return -EBADF;
  const bool is_wrong = static_cast<int64_t>(call.args[1]) < 0 || static_cast<int64_t>(call.args[2]) < 0 ||
                        (static_cast<uint32_t>(call.args[3]) & ~kFlags) != 0;
  return is_wrong ? -EINVAL : 0;
}

Answer advise_call(Call&, const Target& target) { return target.is_path() ? -EBADF : 0; }

namespace {

int64_t clone_from(int source) {
  if (window::contains(source)) return -EBADF;
  const int64_t flags = gate::call(SYS_fcntl, static_cast<uint64_t>(source), F_GETFD);
  return is_error(flags) ? -EBADF : -EOPNOTSUPP;
}

}  // namespace

Answer ioctl_call(Call& call, const Target& target) {
  if (target.is_path()) return -EBADF;
  switch (static_cast<uint32_t>(call.args[1])) {
    case FIOCLEX:
    case FIONCLEX:
    case FIONBIO: return std::nullopt;
    case FIONREAD: {
      const auto attributes = target.volume().attributes(target.id.inode);
      if (!attributes) return -number_of(attributes.error());
      if (!S_ISREG(attributes->mode)) return -ENOTTY;
      const auto left = static_cast<int32_t>(attributes->size - target.open.position);
      return write_app(call.args[2], left) ? 0 : -EFAULT;
    }
    // As a file system without shared blocks: the source is looked at first.
    case FICLONE: return clone_from(call.int_arg(2));
    case FICLONERANGE: {
      file_clone_range range;
      if (!read_app(range, call.args[2])) return -EFAULT;
      return clone_from(static_cast<int>(range.src_fd));
    }
    default: return -ENOTTY;
  }
}

int64_t sync_everything(Call&) {
  (void)flush_all();
  for (size_t index = 0; index < count(); ++index) (void)settle_volume(index);
  return 0;
}

}  // namespace redoubt::shim::volumes
