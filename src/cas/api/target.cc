// SPDX-License-Identifier: Apache-2.0
#include "cas/api/target.h"

#include "crypto/hex.h"

namespace redoubt::cas {
namespace {

// pchar, '/' and '?' of RFC 3986, without the percent sign.
bool is_literal(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("-._~!$&'()*+,;=:@/?").find(c) != std::string_view::npos;
}

std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      if (!is_literal(text[at])) return std::nullopt;
      decoded.push_back(text[at]);
      continue;
    }
    const auto byte = crypto::from_hex(text.substr(at + 1, 2));
    if (!byte || byte->size() != 1 || byte->front() < 0x20 || byte->front() == 0x7f) return std::nullopt;
    decoded.push_back(static_cast<char>(byte->front()));
    at += 2;
  }
  return decoded;
}

std::optional<std::pair<std::string, std::string>> decode_pair(std::string_view text) {
  const size_t equals = text.find('=');
  const auto name = decode(text.substr(0, equals));
  const auto value = decode(equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1));
  if (!name || name->empty() || !value) return std::nullopt;
  return std::pair(*name, *value);
}

}  // namespace

std::optional<Target> parse_target(std::string_view text) {
  if (!text.starts_with('/')) return std::nullopt;
  const size_t mark = text.find('?');
  const auto path = decode(text.substr(0, mark));
  if (!path) return std::nullopt;
  Target target{*path, {}};
  if (mark == std::string_view::npos) return target;
  for (std::string_view rest = text.substr(mark + 1); !rest.empty();) {
    const size_t end = rest.find('&');
    auto pair = decode_pair(rest.substr(0, end));
    if (!pair) return std::nullopt;
    target.query.push_back(std::move(*pair));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return target;
}

}  // namespace redoubt::cas
