// SPDX-License-Identifier: Apache-2.0
//
// sendfile and copy_file_range. The kernel cannot move what it must not see: the shim reads one side and writes the other by the
// calls that the program could make itself, so that a shielded socket or another kind of file treats the bytes as its own rules say.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <memory>
#include <new>

#include "shim/abi/restart.h"
#include "shim/files/volume_calls.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/syscalls/dispatch.h"
#include "shim/volumes/calls.h"
#include "shim/volumes/content.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim::volumes {
namespace {

constexpr size_t kChunk = size_t{128} << 10;
constexpr uint64_t kLargestCount = 0x7ffff000;  // MAX_RW_COUNT

// The offset of a call: in the program's memory, or the position of the descriptor.
class Offset {
 public:
  static Result<Offset> read(uint64_t at, uint64_t count = 0) {
    Offset offset(at);
    if (at == 0) return offset;
    if (!read_app(offset.value_, at)) return fail(EFAULT);
    if (offset.value_ + count < offset.value_) return fail(EOVERFLOW);
    if (static_cast<int64_t>(offset.value_) < 0) return fail(EINVAL);
    return offset;
  }
  bool is_given() const { return at_ != 0; }
  uint64_t value() const { return value_; }
  void advance(uint64_t size) { value_ += size; }
  bool store() const { return at_ == 0 || write_app(at_, value_); }

 private:
  explicit Offset(uint64_t at) : at_(at) {}
  uint64_t at_, value_ = 0;
};

// sendfile reads where nothing of what it could not send gets lost: at an offset, and moves the position afterwards.
Result<uint64_t> position_of(Call& call, int fd, const Offset& offset) {
  if (offset.is_given()) return offset.value();
  return from_raw(perform_other(call, SYS_lseek, static_cast<uint64_t>(fd), 0, SEEK_CUR));
}

}  // namespace

Answer sendfile_call(Call& call, const Target& target) {
  const int out = call.int_arg(0), in = call.int_arg(1);
  if (target.argument == 0 && !target.may_write()) return -EBADF;
  if (target.argument == 1 && !target.may_read()) return -EBADF;
  if (target.argument == 0 && (status_flags(out) & O_APPEND) != 0) return -EINVAL;
  auto offset = Offset::read(call.args[2]);
  if (!offset) return -number_of(offset.error());
  const auto start = position_of(call, in, *offset);
  if (!start) return -number_of(start.error());
  const uint64_t count = std::min(call.args[3], kLargestCount);
  const std::unique_ptr<uint8_t[]> buffer(new (std::nothrow) uint8_t[std::min<uint64_t>(count + 1, kChunk)]);
  if (buffer == nullptr) return -ENOMEM;
  uint64_t done = 0;
  int64_t last = 0;
  while (done < count) {
    const uint64_t wanted = std::min<uint64_t>(count - done, kChunk);
    last = perform_other(call, SYS_pread64, static_cast<uint64_t>(in), gate::address_of(buffer.get()), wanted,
                         *start + done);
    if (last <= 0) break;
    const auto got = static_cast<uint64_t>(last);
    last = perform_other(call, SYS_write, static_cast<uint64_t>(out), gate::address_of(buffer.get()), got);
    if (last <= 0) break;
    done += static_cast<uint64_t>(last);
    if (static_cast<uint64_t>(last) < got || call.thread.captured) break;
  }
  if (done == 0) return last;
  offset->advance(done);
  if (offset->is_given()) return offset->store() ? static_cast<int64_t>(done) : -EFAULT;
  const int64_t moved = perform_other(call, SYS_lseek, static_cast<uint64_t>(in), *start + done, SEEK_SET);
  return is_error(moved) ? moved : static_cast<int64_t>(done);
}

namespace {

int64_t copy_within(Call& call, const Target& from, const Target& to, uint64_t at, uint64_t into, uint64_t count) {
  const auto size = from.volume().attributes(from.id.inode);
  if (!size) return -number_of(size.error());
  if (!S_ISREG(size->mode)) return S_ISDIR(size->mode) ? -EISDIR : -EINVAL;
  count = at >= size->size ? 0 : std::min(count, size->size - at);
  if (from.id == to.id && at < into + count && into < at + count) return -EINVAL;
  const auto room = within_size_limit(into, count);
  if (!room) return -number_of(room.error());
  count = *room;
  if (count != 0) {
    if (const auto dropped = file_namespace::drop_set_ids(to.id); !dropped) return -number_of(dropped.error());
  }
  const std::unique_ptr<uint8_t[]> buffer(new (std::nothrow) uint8_t[std::min<uint64_t>(count + 1, kChunk)]);
  if (buffer == nullptr) return -ENOMEM;
  uint64_t done = 0;
  while (done < count && !call.thread.captured) {
    const auto part = std::span(buffer.get(), std::min<uint64_t>(count - done, kChunk));
    const auto got = read_content(from.open.handle, at + done, part);
    if (!got) return done != 0 ? static_cast<int64_t>(done) : -number_of(got.error());
    if (*got == 0) break;
    const auto put = write_content(to.open.handle, into + done, part.first(*got));
    if (!put) return done != 0 ? static_cast<int64_t>(done) : -number_of(put.error());
    done += *got;
  }
  return done == 0 && count != 0 && call.thread.captured ? abi::kRestartAlways : static_cast<int64_t>(done);
}

int64_t move_on(int fd, uint64_t position) {
  auto open = describe(fd);
  if (!open) return -EBADF;
  open->position = position;
  return to_raw(store_position(fd, *open));
}

// Between two worlds: what is wrong besides comes first, in the kernel's order (generic_file_rw_checks).
int64_t refusal_between(Call& call, const std::optional<Target>& from, const std::optional<Target>& to) {
  if (static_cast<uint32_t>(call.args[5]) != 0) return -EINVAL;
  const auto mode_of = [&](int argument, const std::optional<Target>& target) -> mode_t {
    if (target) {
      const auto attributes = target->volume().attributes(target->id.inode);
      return attributes ? attributes->mode : 0;
    }
    struct stat status {};
    return gate::call(SYS_fstat, call.args[argument], gate::address_of(&status)) == 0 ? status.st_mode : 0;
  };
  const mode_t in = mode_of(0, from), out = mode_of(2, to);
  const int in_flags = status_flags(call.int_arg(0)), out_flags = status_flags(call.int_arg(2));
  if (((in_flags | out_flags) & O_PATH) != 0) return -EBADF;
  if (S_ISDIR(in) || S_ISDIR(out)) return -EISDIR;
  if (!S_ISREG(in) || !S_ISREG(out)) return -EINVAL;
  const bool may_read = from ? from->may_read() : (in_flags & O_ACCMODE) != O_WRONLY;
  const bool may_write = to ? to->may_write() : (out_flags & O_ACCMODE) != O_RDONLY;
  return may_read && may_write && (out_flags & O_APPEND) == 0 ? -EXDEV : -EBADF;
}

}  // namespace

Answer copy_call(Call& call, const Target&) {
  const auto target_at = [&](int argument) -> std::optional<Target> {
    const auto open = describe(call.int_arg(argument));
    if (!open) return std::nullopt;
    return Target{.fd = call.int_arg(argument), .argument = argument, .open = *open, .id = file_of(open->handle)};
  };
  const auto from = target_at(0), to = target_at(2);
  for (const int argument : {0, 2}) {
    if (is_error(gate::call(SYS_fcntl, call.args[argument], F_GETFD))) return -EBADF;
  }
  if (!from || !to || from->id.volume != to->id.volume) return refusal_between(call, from, to);
  if (static_cast<uint32_t>(call.args[5]) != 0) return -EINVAL;
  if (!from->may_read() || !to->may_write() || (status_flags(to->fd) & O_APPEND) != 0) return -EBADF;
  auto at = Offset::read(call.args[1], call.args[4]);
  auto into = Offset::read(call.args[3], call.args[4]);
  if (!at || !into) return -number_of((!at ? at : into).error());
  const uint64_t begin = at->is_given() ? at->value() : from->open.position;
  const uint64_t target_begin = into->is_given() ? into->value() : to->open.position;
  if (begin >= kPart || target_begin >= kPart) return -EOVERFLOW;
  const int64_t done = copy_within(call, *from, *to, begin, target_begin, std::min(call.args[4], kLargestCount));
  if (done <= 0) return done;
  const auto size = static_cast<uint64_t>(done);
  at->advance(size);
  into->advance(size);
  if (!at->store() || !into->store()) return -EFAULT;
  if (!at->is_given()) (void)move_on(from->fd, begin + size);
  if (!into->is_given()) (void)move_on(to->fd, target_begin + size);
  return done;
}

}  // namespace redoubt::shim::volumes
