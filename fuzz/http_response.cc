// SPDX-License-Identifier: Apache-2.0
//
// The head of an HTTP response, as a server sends it that may be anybody.
#include "shim/attested/http_response.h"

#include "fuzz/target.h"

using namespace redoubt::shim::attested;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kLargestBody = 100000;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ResponseHead head;
  const HeadState state = parse_head(text, kLargestBody, head);
  if (state != HeadState::kComplete) {
    FUZZ_CHECK(state == HeadState::kMalformed || size < kLargestHead);
    return 0;
  }
  FUZZ_CHECK(head.status >= 200 && head.status <= 599);
  FUZZ_CHECK(head.head_size <= size && head.head_size <= kLargestHead);
  FUZZ_CHECK(head.body_size <= kLargestBody);
  FUZZ_CHECK(text.substr(0, head.head_size).ends_with("\r\n\r\n"));
  // The same answer however much came with it, and none before the head is whole.
  ResponseHead again;
  FUZZ_CHECK(parse_head(text.substr(0, head.head_size), kLargestBody, again) == HeadState::kComplete);
  FUZZ_CHECK(again.status == head.status && again.body_size == head.body_size && again.is_wire == head.is_wire);
  FUZZ_CHECK(parse_head(text.substr(0, head.head_size - 1), kLargestBody, again) == HeadState::kIncomplete);
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  return {"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.redoubt.wire\r\nContent-Length: 12\r\n\r\n",
          "HTTP/1.1 403 Forbidden\r\nServer: a\r\nDate: b\r\nConnection: close\r\ncontent-length:0\r\n\r\n",
          "HTTP/1.1 500\r\nContent-Length: 99999999\r\nTransfer-Encoding: chunked\r\n\r\n"};
}
