// SPDX-License-Identifier: Apache-2.0
//
// Reading and writing injected files. The placeholder behind the descriptor is empty and cannot be written, but its open file
// description has a position, which dup, fork and exec share as Linux wants: that one is used. A read first moves it over what it
// wants, so that two threads never get the same bytes, and moves it back over what was not there.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>

#include "shim/files/attested_calls.h"
#include "shim/files/special_descriptors.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/memory/app_memory.h"
#include "shim/syscalls/shim_time.h"

namespace redoubt::shim::file_namespace {
namespace {

constexpr uint64_t kLargestCount = 0x7ffff000;  // MAX_RW_COUNT

int64_t seek(int fd, int64_t offset, int whence) {
  return gate::call(SYS_lseek, static_cast<uint64_t>(fd), static_cast<uint64_t>(offset), static_cast<uint64_t>(whence));
}

int open_flags(int fd) { return static_cast<int>(gate::call(SYS_fcntl, static_cast<uint64_t>(fd), F_GETFL)); }

// One call in the form of all: pieces of program memory, and a position or the descriptor's own.
struct Transfer {
  iovec pieces[IOV_MAX];
  int count = 0;
  std::optional<uint64_t> position;
  uint64_t total = 0;
};

int64_t describe(const Call& call, Transfer& transfer) {
  const bool is_vector = call.number == SYS_readv || call.number == SYS_writev || call.number == SYS_preadv ||
                         call.number == SYS_pwritev || call.number == SYS_preadv2 || call.number == SYS_pwritev2;
  const bool has_position =
      call.number != SYS_read && call.number != SYS_write && call.number != SYS_readv && call.number != SYS_writev;
  const bool may_lack_position = call.number == SYS_preadv2 || call.number == SYS_pwritev2;
  if (has_position && (!may_lack_position || static_cast<int64_t>(call.args[3]) != -1)) {
    if (static_cast<int64_t>(call.args[3]) < 0) return -EINVAL;
    transfer.position = call.args[3];
  }
  if (is_vector) {
    if (call.args[2] > IOV_MAX) return -EINVAL;
    transfer.count = call.int_arg(2);
    if (!copy_from_app(transfer.pieces, call.args[1], sizeof(iovec) * call.args[2])) return -EFAULT;
  } else {
    transfer.count = 1;
    transfer.pieces[0] = {reinterpret_cast<void*>(call.args[1]), call.args[2]};
  }
  for (int i = 0; i < transfer.count; ++i) {
    iovec& piece = transfer.pieces[i];
    if (static_cast<int64_t>(piece.iov_len) < 0) return -EINVAL;
    piece.iov_len = std::min<uint64_t>(piece.iov_len, kLargestCount - transfer.total);
    transfer.total += piece.iov_len;
  }
  return 0;
}

int64_t read_at_position(const InjectedFile& file, const Transfer& transfer, uint64_t position) {
  uint64_t done = 0;
  for (int i = 0; i < transfer.count; ++i) {
    const iovec& piece = transfer.pieces[i];
    const auto got = file.read_to_app(position + done, gate::address_of(piece.iov_base), piece.iov_len);
    if (!got) return done != 0 ? static_cast<int64_t>(done) : -number_of(got.error());
    done += *got;
    if (*got < piece.iov_len) break;
  }
  return static_cast<int64_t>(done);
}

int64_t write_at_position(InjectedFile& file, const Transfer& transfer, uint64_t position) {
  uint64_t done = 0;
  for (int i = 0; i < transfer.count; ++i) {
    const iovec& piece = transfer.pieces[i];
    const auto put = file.write_from_app(position + done, gate::address_of(piece.iov_base), piece.iov_len);
    if (!put) return done != 0 ? static_cast<int64_t>(done) : -number_of(put.error());
    done += *put;
    if (*put < piece.iov_len) break;
  }
  return static_cast<int64_t>(done);
}

InjectedFile* injected(NodeId node) {
  const auto found = state().injected.find(node);
  return found != state().injected.end() ? &found->second : nullptr;
}

}  // namespace

std::optional<int64_t> injected_read(Call& call, int fd, NodeId node) {
  const InjectedFile* const file = injected(node);
  const int flags = open_flags(fd);
  if ((flags & O_PATH) != 0 || (flags & O_ACCMODE) == O_WRONLY) return -EBADF;
  if (file == nullptr) return state().tree.node(node).is_directory() ? -EISDIR : -EBADF;
  Transfer transfer;
  if (const int64_t error = describe(call, transfer); error != 0) return error;
  if (transfer.position) return read_at_position(*file, transfer, *transfer.position);
  const auto wanted = static_cast<int64_t>(std::min(transfer.total, file->size() + 1));
  const int64_t after = seek(fd, wanted, SEEK_CUR);
  if (is_error(after)) return after;
  const int64_t before = after - wanted;
  int64_t got = read_at_position(*file, transfer, static_cast<uint64_t>(before));
  const int64_t moved = std::max<int64_t>(got, 0);
  if (moved != wanted) seek(fd, moved - wanted, SEEK_CUR);
  return got;
}

std::optional<int64_t> injected_write(Call& call, int fd, NodeId node) {
  InjectedFile* const file = injected(node);
  const int flags = open_flags(fd);
  if (file == nullptr || (flags & O_PATH) != 0 || (flags & O_ACCMODE) == O_RDONLY) return -EBADF;
  Transfer transfer;
  if (const int64_t error = describe(call, transfer); error != 0) return error;
  const bool appends = (flags & O_APPEND) != 0;
  if (transfer.position) return write_at_position(*file, transfer, appends ? file->size() : *transfer.position);
  const int64_t position = appends ? static_cast<int64_t>(file->size()) : seek(fd, 0, SEEK_CUR);
  if (is_error(position)) return position;
  const int64_t put = write_at_position(*file, transfer, static_cast<uint64_t>(position));
  if (put > 0) seek(fd, position + put, SEEK_SET);
  return put;
}

std::optional<int64_t> injected_seek(Call& call, int fd, NodeId node) {
  const InjectedFile* const file = injected(node);
  const auto offset = static_cast<int64_t>(call.args[1]);
  const auto size = file != nullptr ? static_cast<int64_t>(file->size()) : 0;
  switch (call.int_arg(2)) {
    case SEEK_SET:
    case SEEK_CUR: return std::nullopt;
    case SEEK_END: {
      int64_t target;
      if (file == nullptr || __builtin_add_overflow(size, offset, &target) || target < 0) return -EINVAL;
      return seek(fd, target, SEEK_SET);
    }
    case SEEK_DATA: return file == nullptr || offset < 0 || offset >= size ? -ENXIO : seek(fd, offset, SEEK_SET);
    case SEEK_HOLE: return file == nullptr || offset < 0 || offset >= size ? -ENXIO : seek(fd, size, SEEK_SET);
    default: return -EINVAL;
  }
}

std::optional<int64_t> injected_truncate(Call& call, int fd, NodeId node) {
  InjectedFile* const file = injected(node);
  const int flags = open_flags(fd);
  if ((flags & O_PATH) != 0) return -EBADF;
  if (file == nullptr || (flags & O_ACCMODE) == O_RDONLY || static_cast<int64_t>(call.args[1]) < 0) return -EINVAL;
  return to_raw(file->truncate(call.args[1]));
}

// Only out of an injected file. The bytes go where the program sends them.
std::optional<int64_t> injected_sendfile(Call& call, int fd, NodeId node) {
  const InjectedFile* const file = injected(node);
  if (file == nullptr || special::node_of(call.int_arg(0)) != kNoNode) return -EINVAL;
  if ((open_flags(fd) & O_ACCMODE) == O_WRONLY) return -EBADF;
  uint64_t position;
  if (call.args[2] != 0) {
    if (!read_app(position, call.args[2])) return -EFAULT;
    if (static_cast<int64_t>(position) < 0) return -EINVAL;
  } else {
    const int64_t raw = seek(fd, 0, SEEK_CUR);
    if (is_error(raw)) return raw;
    position = static_cast<uint64_t>(raw);
  }
  const ByteView content = file->content();
  if (position >= content.size()) return 0;
  const ByteView part = content.subspan(position, std::min<uint64_t>(content.size() - position, call.args[3]));
  const int64_t raw = host_for_program(SYS_write, call.args[0], gate::address_of(part.data()), part.size());
  if (raw <= 0) return raw;
  position += static_cast<uint64_t>(raw);
  if (call.args[2] != 0) return write_app(call.args[2], position) ? raw : -EFAULT;
  seek(fd, static_cast<int64_t>(position), SEEK_SET);
  return raw;
}

std::optional<int64_t> injected_ioctl(Call& call, int fd, NodeId node) {
  const InjectedFile* const file = injected(node);
  switch (call.args[1]) {
    case FIOCLEX:
    case FIONCLEX:
    case FIONBIO: return std::nullopt;
    case FIONREAD: {
      if (file == nullptr) return -ENOTTY;
      const int64_t position = seek(fd, 0, SEEK_CUR);
      const auto left = static_cast<int32_t>(static_cast<int64_t>(file->size()) - position);
      return write_app(call.args[2], left) ? 0 : -EFAULT;
    }
    default: return -ENOTTY;
  }
}

}  // namespace redoubt::shim::file_namespace
