// SPDX-License-Identifier: Apache-2.0
//
// The program's memory of one transfer: a buffer or an iovec, walked once from front to end. Only the pointers are copied; the
// bytes are touched by fault-safe copies.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <vector>

namespace redoubt::shim::net {

class Pieces {
 public:
  // A plain buffer.
  Pieces(uint64_t address, uint64_t size);
  // An iovec of the program. problem() says EFAULT or EINVAL, as the kernel would.
  static Pieces from_iovec(uint64_t address, uint64_t count);
  int problem() const { return problem_; }

  uint64_t left() const { return left_; }
  // False is EFAULT, nothing has moved on. `size` is at most left().
  bool copy_out(const void* from, size_t size);
  bool peek_in(void* to, size_t size);  // and does not move on either way
  void skip(size_t size);

 private:
  Pieces() = default;
  template <typename Copy>
  bool walk(size_t size, Copy copy);

  std::vector<iovec> pieces_;
  iovec single_{};
  bool is_single_ = false;
  size_t index_ = 0;
  uint64_t offset_ = 0;  // in the current piece
  uint64_t left_ = 0;
  int problem_ = 0;
};

}  // namespace redoubt::shim::net
