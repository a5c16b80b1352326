// SPDX-License-Identifier: Apache-2.0
#include "shim/files/control_messages.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace redoubt::shim {

std::optional<ControlMessage> ControlMessages::next() {
  const size_t left = control_.size() - at_;
  cmsghdr header;
  if (is_malformed_ || left < sizeof(header)) return std::nullopt;
  std::memcpy(&header, &control_[at_], sizeof(header));
  if (header.cmsg_len < sizeof(header) || header.cmsg_len > left) {
    is_malformed_ = true;
    return std::nullopt;
  }
  const auto data = control_.subspan(at_ + sizeof(header), header.cmsg_len - sizeof(header));
  // The last message may lack its padding.
  at_ += std::min(left, CMSG_ALIGN(header.cmsg_len));
  return ControlMessage{.level = header.cmsg_level, .type = header.cmsg_type, .data = data};
}

std::vector<int> descriptors_in(std::span<const uint8_t> control) {
  std::vector<int> found;
  ControlMessages messages(control);
  while (const auto message = messages.next()) {
    if (message->level != SOL_SOCKET || message->type != SCM_RIGHTS) continue;
    const size_t count = message->data.size() / sizeof(int);  // what is left over the kernel ignores
    for (size_t i = 0; i < count; ++i) std::memcpy(&found.emplace_back(), &message->data[i * sizeof(int)], sizeof(int));
  }
  return found;
}

}  // namespace redoubt::shim
