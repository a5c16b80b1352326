// SPDX-License-Identifier: Apache-2.0
//
// Hexadecimal text. Written in lower case, read in either. For public values only: it is not constant-time.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace redoubt::crypto {

std::string to_hex(ByteView bytes);

// nullopt when a character is no hex digit or their number is odd.
std::optional<Bytes> from_hex(std::string_view text);

// The same for exactly kSize bytes.
template <size_t kSize>
std::optional<ByteArray<kSize>> array_from_hex(std::string_view text) {
  const std::optional<Bytes> bytes = from_hex(text);
  if (!bytes || bytes->size() != kSize) return std::nullopt;
  ByteArray<kSize> array;
  std::ranges::copy(*bytes, array.begin());
  return array;
}

}  // namespace redoubt::crypto
