// SPDX-License-Identifier: Apache-2.0
//
// A request as handlers see it, and their reply: no sockets, no TLS, no HTTP library.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/secret_bytes.h"

namespace redoubt::cas {

inline constexpr std::string_view kJsonType = "application/json";
inline constexpr std::string_view kYamlType = "application/yaml";
inline constexpr std::string_view kProblemType = "application/problem+json";  // RFC 9457

struct Request {
  std::string rest;                                        // of the path, after the route's
  std::vector<std::pair<std::string, std::string>> query;  // decoded
  ByteView body;
  std::vector<std::string> signatures;  // values of the headers Redoubt-Signature
};

struct Reply {
  unsigned status = 200;
  std::string_view content_type;  // empty: no body
  SecretBytes body;
  std::vector<std::pair<std::string_view, std::string>> headers;  // besides type and length
  bool close = false;                                             // the connection is good for nothing more
};

inline Reply text_reply(std::string_view content_type, std::string_view text, unsigned status = 200) {
  return {status, content_type, SecretBytes(text), {}, false};
}

}  // namespace redoubt::cas
