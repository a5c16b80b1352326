// SPDX-License-Identifier: Apache-2.0
//
// A queue of bytes in one piece of memory: bytes are added at the end and taken from the front, and what is in it is always one
// contiguous view, since the network and OpenSSL take contiguous bytes. Memory comes from malloc, grows when asked for, and is
// given back whenever the queue is empty: an idle connection costs nothing. A queue of plaintext wipes what it gives back.
// No exceptions: no memory is an empty room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace redoubt::tls {

class Buffer {
 public:
  enum class Holds : uint8_t { kCiphertext, kPlaintext };

  explicit Buffer(Holds holds) : holds_(holds) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { release(); }

  size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  ByteView view() const { return {data_ + begin_, size()}; }
  size_t memory_size() const { return capacity_; }

  // At least `least` bytes to write to, valid until the next call; empty: no memory.
  std::span<uint8_t> room(size_t least);
  // Of the room: what was written. Precondition: it fits.
  void added(size_t size) { end_ += size; }
  [[nodiscard]] bool add(ByteView bytes);
  // From the front. Precondition: it is there.
  void taken(size_t size);
  // Copies as much as there is and fits, and takes it.
  size_t take_into(std::span<uint8_t> to);
  size_t copy_into(std::span<uint8_t> to) const;
  void release();

 private:
  uint8_t* data_ = nullptr;
  size_t capacity_ = 0, begin_ = 0, end_ = 0;
  Holds holds_;
};

}  // namespace redoubt::tls
