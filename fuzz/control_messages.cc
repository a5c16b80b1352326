// SPDX-License-Identifier: Apache-2.0
//
// The walk over control messages, against the kernel's rules written down once more with room for every length, and what must hold
// of any walk: messages lie in the buffer one after the other, and the descriptors are those of the buffer.
#include "shim/files/control_messages.h"

#include <sys/socket.h>

#include <cstring>

#include "fuzz/target.h"

using namespace redoubt::shim;

namespace {

using Wide = unsigned __int128;

// CMSG_FIRSTHDR, CMSG_OK and __cmsg_nxthdr of <linux/socket.h>.
struct Kernel {
  std::vector<int> descriptors;
  bool is_malformed = false;
};
Kernel walk_as_the_kernel(const uint8_t* control, size_t size) {
  Kernel found;
  for (Wide at = 0; at + sizeof(cmsghdr) <= size;) {
    cmsghdr header;
    std::memcpy(&header, control + static_cast<size_t>(at), sizeof(header));
    const Wide length = header.cmsg_len;
    found.is_malformed = length < sizeof(header) || at + length > size;
    if (found.is_malformed) break;
    if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SCM_RIGHTS) {
      for (Wide one = sizeof(header); one + sizeof(int) <= length; one += sizeof(int)) {
        std::memcpy(&found.descriptors.emplace_back(), control + static_cast<size_t>(at + one), sizeof(int));
      }
    }
    at += (length + sizeof(size_t) - 1) / sizeof(size_t) * sizeof(size_t);
  }
  return found;
}

std::string message(size_t length, int level, int type, const std::string& data) {
  const cmsghdr header{.cmsg_len = length, .cmsg_level = level, .cmsg_type = type};
  std::string out(reinterpret_cast<const char*>(&header), sizeof(header));
  return out + data;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A buffer of its own: a sanitizer sees a byte too many.
  const std::vector<uint8_t> control(data, data + size);
  ControlMessages messages(control);
  const uint8_t* end = control.data();
  size_t before = 0;
  while (const auto one = messages.next()) {
    FUZZ_CHECK(one->data.data() >= end + sizeof(cmsghdr));
    end = one->data.data() + one->data.size();
    FUZZ_CHECK(end <= control.data() + control.size());
    FUZZ_CHECK(messages.size() > before && messages.size() <= control.size());
    before = messages.size();
  }
  FUZZ_CHECK(!messages.next() && messages.size() == before);
  const Kernel kernel = walk_as_the_kernel(control.data(), control.size());
  FUZZ_CHECK(messages.is_malformed() == kernel.is_malformed);
  FUZZ_CHECK(descriptors_in(control) == kernel.descriptors);
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  const std::string three("\3\0\0\0\4\0\0\0\5\0\0\0", 12);
  const std::string rights = message(CMSG_LEN(12), SOL_SOCKET, SCM_RIGHTS, three);
  const std::string credentials = message(CMSG_LEN(12), SOL_SOCKET, SCM_CREDENTIALS, three + std::string(4, '\0'));
  return {rights,
          credentials + rights,
          rights + std::string(4, '\0') + credentials + rights,
          message(CMSG_LEN(0), SOL_SOCKET, SCM_RIGHTS, "") + rights,
          message(0, SOL_SOCKET, SCM_RIGHTS, three),
          message(SIZE_MAX, SOL_SOCKET, SCM_RIGHTS, three),
          message(SIZE_MAX - 6, SOL_SOCKET, SCM_RIGHTS, three)};
}
