// SPDX-License-Identifier: Apache-2.0
//
// Control messages (cmsg(3)) in a buffer, and the descriptors that they pass (unix(7), SCM_RIGHTS). What stands in the buffer is the
// program's or the host's: every length in it may be anything. Walked as the kernel does (CMSG_OK and __cmsg_nxthdr of <linux/socket.h>), so
// that no descriptor is seen by the one and not by the other: a message whose length does not fit ends the walk, and for the
// kernel the whole call (EINVAL).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace redoubt::shim {

struct ControlMessage {
  int level = 0;  // cmsg_level
  int type = 0;   // cmsg_type
  std::span<const uint8_t> data;
};

// A walk over the messages of a buffer, which must outlive it.
class ControlMessages {
 public:
  explicit ControlMessages(std::span<const uint8_t> control) : control_(control) {}

  // nullopt: there are no more.
  std::optional<ControlMessage> next();
  // Whether the walk ended at a length that does not fit.
  bool is_malformed() const { return is_malformed_; }
  // The bytes that the messages so far take, padding included where it is there.
  size_t size() const { return at_; }

 private:
  std::span<const uint8_t> control_;
  size_t at_ = 0;  // at most the buffer's size
  bool is_malformed_ = false;
};

// The numbers in all SCM_RIGHTS messages, whatever they are.
std::vector<int> descriptors_in(std::span<const uint8_t> control);

}  // namespace redoubt::shim
