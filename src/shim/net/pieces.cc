// SPDX-License-Identifier: Apache-2.0
#include "shim/net/pieces.h"

#include <algorithm>
#include <cerrno>
#include <climits>

#include "shim/memory/app_memory.h"

namespace redoubt::shim::net {
namespace {

constexpr uint64_t kLargestCount = 0x7ffff000;  // MAX_RW_COUNT

}  // namespace

Pieces::Pieces(uint64_t address, uint64_t size) : is_single_(true) {
  single_ = {reinterpret_cast<void*>(address), std::min(size, kLargestCount)};
  left_ = single_.iov_len;
}

Pieces Pieces::from_iovec(uint64_t address, uint64_t count) {
  Pieces made;
  if (count > IOV_MAX) {
    made.problem_ = EMSGSIZE;
    return made;
  }
  made.pieces_.resize(count);
  if (!copy_from_app(made.pieces_.data(), address, sizeof(iovec) * count)) {
    made.problem_ = EFAULT;
    return made;
  }
  for (iovec& piece : made.pieces_) {
    if (static_cast<int64_t>(piece.iov_len) < 0) made.problem_ = EINVAL;
    piece.iov_len = std::min<uint64_t>(piece.iov_len, kLargestCount - made.left_);
    made.left_ += piece.iov_len;
  }
  return made;
}

Pieces Pieces::of_own(ByteView bytes) {
  Pieces made(reinterpret_cast<uint64_t>(bytes.data()), bytes.size());
  made.is_own_ = true;
  return made;
}

template <typename Copy>
bool Pieces::walk(size_t size, Copy copy) {
  const iovec* const pieces = is_single_ ? &single_ : pieces_.data();
  size_t index = index_;
  uint64_t offset = offset_;
  for (size_t done = 0; done < size;) {
    if (offset == pieces[index].iov_len) {
      ++index;
      offset = 0;
      continue;
    }
    const size_t part = std::min<uint64_t>(size - done, pieces[index].iov_len - offset);
    if (!copy(reinterpret_cast<uint64_t>(pieces[index].iov_base) + offset, done, part)) return false;
    done += part;
    offset += part;
  }
  index_ = index;
  offset_ = offset;
  left_ -= size;
  return true;
}

bool Pieces::copy_out(const void* from, size_t size) {
  return walk(size, [from](uint64_t at, size_t done, size_t part) {
    return copy_to_app(at, static_cast<const uint8_t*>(from) + done, part);
  });
}

ByteView Pieces::peek_in(std::span<uint8_t> scratch, size_t size) {
  if (is_own_) return {static_cast<const uint8_t*>(single_.iov_base) + offset_, size};
  const size_t index = index_;
  const uint64_t offset = offset_;
  const bool copied = walk(size, [to = scratch.data()](uint64_t at, size_t done, size_t part) {
    return copy_from_app(to + done, at, part);
  });
  if (copied) left_ += size;
  index_ = index;
  offset_ = offset;
  return copied ? ByteView(scratch.data(), size) : ByteView();
}

void Pieces::skip(size_t size) {
  walk(size, [](uint64_t, size_t, size_t) { return true; });
}

}  // namespace redoubt::shim::net
