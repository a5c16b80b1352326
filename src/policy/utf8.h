// SPDX-License-Identifier: Apache-2.0
//
// Whether bytes are UTF-8 as RFC 3629 has it: shortest forms, no surrogates, nothing above U+10FFFF, and no NUL.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/mistake.h"

namespace redoubt::policy {

// The bytes of the character at the start of `text`; 0 when there is no valid one.
constexpr size_t utf8_size(std::string_view text) {
  const auto byte = [&](size_t index) { return static_cast<uint8_t>(text[index]); };
  const auto continues = [&](size_t index, uint8_t from = 0x80, uint8_t to = 0xbf) {
    return index < text.size() && byte(index) >= from && byte(index) <= to;
  };
  if (text.empty()) return 0;
  const uint8_t first = byte(0);
  if (first < 0x80) return first == 0 ? 0 : 1;
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const uint8_t from = first == 0xe0 ? 0xa0 : 0x80;
    const uint8_t to = first == 0xed ? 0x9f : 0xbf;
    return continues(1, from, to) && continues(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const uint8_t from = first == 0xf0 ? 0x90 : 0x80;
    const uint8_t to = first == 0xf4 ? 0x8f : 0xbf;
    return continues(1, from, to) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

// Where the first byte stands that is not UTF-8.
constexpr std::optional<Position> find_invalid_utf8(std::string_view text) {
  Position at;
  while (!text.empty()) {
    const size_t size = utf8_size(text);
    if (size == 0) return at;
    if (text[0] == '\n') {
      ++at.line;
      at.column = 1;
    } else {
      ++at.column;
    }
    text.remove_prefix(size);
  }
  return std::nullopt;
}

}  // namespace redoubt::policy
