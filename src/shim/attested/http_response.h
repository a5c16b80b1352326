// SPDX-License-Identifier: Apache-2.0
//
// The head of an HTTP/1.1 response (RFC 9112), as far as the runtime speaks it: a status, a body whose size Content-Length
// gives, nothing else. Whoever answers is not known yet when this is parsed, so that it is strict: what a server of ours does not send is
// malformed (chunks, folded lines, bare line feeds, interim responses, a second length). Pure; fuzz/http_response.cc.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace redoubt::shim::attested {

inline constexpr size_t kLargestHead = size_t{8} * 1024;

struct ResponseHead {
  int status = 0;
  size_t head_size = 0;  // bytes up to and with the empty line
  size_t body_size = 0;
  bool is_wire = false;  // the content type is wire::kWireType
  bool closes = false;   // Connection: close
};

enum class HeadState { kIncomplete, kComplete, kMalformed };

// Looks at what was received so far. `head` is filled when complete. A head larger than kLargestHead, and a body larger than
// `largest_body`, are malformed.
HeadState parse_head(std::string_view received, size_t largest_body, ResponseHead& head);

}  // namespace redoubt::shim::attested
