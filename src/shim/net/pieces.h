// SPDX-License-Identifier: Apache-2.0
//
// The memory of one transfer: a buffer or an iovec, walked once from front to end. Only the pointers are copied; the program's
// bytes are touched by fault-safe copies, the shim's own (of a file that is sent) directly.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace redoubt::shim::net {

class Pieces {
 public:
  // A plain buffer.
  Pieces(uint64_t address, uint64_t size);
  // An iovec of the program. problem() says EFAULT or EINVAL, as the kernel would.
  static Pieces from_iovec(uint64_t address, uint64_t count);
  // The shim's own memory, to be read.
  static Pieces of_own(ByteView bytes);
  int problem() const { return problem_; }

  uint64_t left() const { return left_; }
  // False is EFAULT, nothing has moved on. `size` is at most left().
  bool copy_out(const void* from, size_t size);
  // The next bytes, copied into `scratch` where they are the program's; empty: EFAULT. Does not move on either way.
  ByteView peek_in(std::span<uint8_t> scratch, size_t size);
  void skip(size_t size);

 private:
  Pieces() = default;
  template <typename Copy>
  bool walk(size_t size, Copy copy);

  std::vector<iovec> pieces_;
  iovec single_{};
  bool is_single_ = false;
  bool is_own_ = false;
  size_t index_ = 0;
  uint64_t offset_ = 0;  // in the current piece
  uint64_t left_ = 0;
  int problem_ = 0;
};

}  // namespace redoubt::shim::net
