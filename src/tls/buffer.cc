// SPDX-License-Identifier: Apache-2.0
#include "tls/buffer.h"

#include <string.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace redoubt::tls {

namespace {
constexpr size_t kLeastMemory = 512;
}

std::span<uint8_t> Buffer::room(size_t least) {
  if (capacity_ - end_ >= least) return {data_ + end_, capacity_ - end_};
  const size_t kept = size();
  const bool fits_when_moved = capacity_ - kept >= least && begin_ >= kept;  // moves each byte once at most
  if (fits_when_moved) {
    std::memcpy(data_, data_ + begin_, kept);
  } else {
    const size_t wanted = std::max({kLeastMemory, kept + least, kept == 0 ? 0 : 2 * kept});
    auto* larger = static_cast<uint8_t*>(std::malloc(wanted));
    if (larger == nullptr) return {};
    if (kept != 0) std::memcpy(larger, data_ + begin_, kept);
    release();
    data_ = larger;
    capacity_ = wanted;
  }
  begin_ = 0;
  end_ = kept;
  return {data_ + end_, capacity_ - end_};
}

bool Buffer::add(ByteView bytes) {
  const std::span<uint8_t> to = room(bytes.size());
  if (to.size() < bytes.size()) return false;
  if (!bytes.empty()) std::memcpy(to.data(), bytes.data(), bytes.size());
  added(bytes.size());
  return true;
}

void Buffer::taken(size_t size) {
  begin_ += size;
  if (empty()) release();
}

size_t Buffer::copy_into(std::span<uint8_t> to) const {
  const size_t count = std::min(to.size(), size());
  if (count != 0) std::memcpy(to.data(), data_ + begin_, count);
  return count;
}

size_t Buffer::take_into(std::span<uint8_t> to) {
  const size_t count = copy_into(to);
  if (count != 0) taken(count);
  return count;
}

void Buffer::release() {
  if (data_ != nullptr && holds_ == Holds::kPlaintext) explicit_bzero(data_, capacity_);
  std::free(data_);
  data_ = nullptr;
  capacity_ = begin_ = end_ = 0;
}

}  // namespace redoubt::tls
