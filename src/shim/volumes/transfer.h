// SPDX-License-Identifier: Apache-2.0
//
// The program's side of read and write: one call in the form of all of them, as pieces of program memory that are filled or
// emptied from the front. A fault in the middle ends a transfer with what was moved so far, as on Linux.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "shim/syscalls/call.h"

namespace redoubt::shim::volumes {

class Transfer {
 public:
  // Decodes the arguments of read, pread64, readv, preadv, preadv2 and of the writing ones. 0 or -errno.
  int64_t decode(const Call& call);

  uint64_t left() const { return left_; }
  void limit(uint64_t size);
  // Of preadv2 and pwritev2: RWF_.
  int flags() const { return flags_; }
  // Nothing: the position of the description.
  std::optional<uint64_t> position() const { return position_; }

  // The next bytes from or to the program; fewer than asked for only at a bad address.
  size_t take(std::span<uint8_t> to);
  size_t give(ByteView from);

 private:
  template <typename Copy>
  size_t move(size_t size, const Copy& copy);

  iovec pieces_[1024];  // IOV_MAX
  int count_ = 0, at_ = 0;
  uint64_t left_ = 0;
  int flags_ = 0;
  std::optional<uint64_t> position_;
};

}  // namespace redoubt::shim::volumes
