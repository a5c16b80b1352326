// SPDX-License-Identifier: Apache-2.0
#include "shim/volumes/transfer.h"

#include <sys/syscall.h>

#include <algorithm>

#include "base/result.h"
#include "shim/memory/app_memory.h"

namespace redoubt::shim::volumes {
namespace {

constexpr uint64_t kLargestCount = 0x7ffff000;  // MAX_RW_COUNT
constexpr uint64_t kLargestVector = 1024;       // IOV_MAX
constexpr uint64_t kPage = 4096;

struct Form {
  bool is_vector, has_position, has_flags;
};
Form form_of(uint64_t number) {
  switch (number) {
    case SYS_pread64:
    case SYS_pwrite64: return {false, true, false};
    case SYS_readv:
    case SYS_writev: return {true, false, false};
    case SYS_preadv:
    case SYS_pwritev: return {true, true, false};
    case SYS_preadv2:
    case SYS_pwritev2: return {true, true, true};
    default: return {false, false, false};
  }
}

}  // namespace

int64_t Transfer::decode(const Call& call) {
  const Form form = form_of(call.number);
  if (form.has_flags) flags_ = call.int_arg(5);
  const bool at_own_position = form.has_flags && static_cast<int64_t>(call.args[3]) == -1;
  if (form.has_position && !at_own_position) {
    if (static_cast<int64_t>(call.args[3]) < 0) return -EINVAL;
    position_ = call.args[3];
  }
  if (form.is_vector) {
    if (call.args[2] > kLargestVector) return -EINVAL;
    count_ = call.int_arg(2);
    if (!copy_from_app(pieces_, call.args[1], sizeof(iovec) * call.args[2])) return -EFAULT;
  } else {
    count_ = 1;
    pieces_[0] = {reinterpret_cast<void*>(call.args[1]), call.args[2]};
  }
  for (int i = 0; i < count_; ++i) {
    iovec& piece = pieces_[i];
    if (form.is_vector && static_cast<int64_t>(piece.iov_len) < 0) return -EINVAL;
    piece.iov_len = std::min<uint64_t>(piece.iov_len, kLargestCount - left_);
    left_ += piece.iov_len;
  }
  constexpr uint64_t kLargestOffset = INT64_MAX;
  if (position_ && left_ > kLargestOffset - *position_) return -EINVAL;
  return 0;
}

void Transfer::limit(uint64_t size) { left_ = std::min(left_, size); }

// As much as is possible at once; after a fault page by page, which tells where the bad address begins.
template <typename Copy>
size_t Transfer::move(size_t size, const Copy& copy) {
  size_t done = 0;
  while (done < size && at_ < count_) {
    iovec& piece = pieces_[at_];
    const auto address = reinterpret_cast<uint64_t>(piece.iov_base);
    size_t part = std::min(piece.iov_len, size - done);
    if (part != 0 && !copy(address, done, part)) {
      part = std::min<uint64_t>(part, kPage - address % kPage);
      if (!copy(address, done, part)) break;
    }
    done += part;
    left_ -= part;
    piece = {reinterpret_cast<void*>(address + part), piece.iov_len - part};
    if (piece.iov_len == 0) ++at_;
  }
  return done;
}

size_t Transfer::take(std::span<uint8_t> to) {
  return move(std::min<uint64_t>(to.size(), left_), [&](uint64_t address, size_t done, size_t size) {
    return copy_from_app(to.data() + done, address, size);
  });
}

size_t Transfer::give(ByteView from) {
  return move(std::min<uint64_t>(from.size(), left_), [&](uint64_t address, size_t done, size_t size) {
    return copy_to_app(address, from.data() + done, size);
  });
}

}  // namespace redoubt::shim::volumes
