// SPDX-License-Identifier: Apache-2.0
#include "crypto/pem.h"

#include <array>
#include <string>

namespace redoubt::crypto {
namespace {

constexpr std::string_view kWhite = " \t\r\n";

constexpr std::array<int8_t, 256> base64_values() {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t index = 0; index < kAlphabet.size(); ++index) {
    values[static_cast<uint8_t>(kAlphabet[index])] = static_cast<int8_t>(index);
  }
  return values;
}

// Base64 with padding, white space anywhere. The bits that pad the last byte must be zero.
Result<Bytes, Error> decode_base64(std::string_view text) {
  constexpr std::array<int8_t, 256> kValues = base64_values();
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3);
  uint32_t bits = 0;
  unsigned bit_count = 0, padding = 0;
  size_t digits = 0;
  for (const char character : text) {
    if (kWhite.contains(character)) continue;
    ++digits;
    if (character == '=') {
      ++padding;
      continue;
    }
    const int8_t value = kValues[static_cast<uint8_t>(character)];
    if (value < 0 || padding > 0) return fail(ErrorCode::kMalformed, "PEM: a character that is not base64");
    bits = bits << 6 | static_cast<uint32_t>(value);
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      bytes.push_back(static_cast<uint8_t>(bits >> bit_count));
      bits &= (1U << bit_count) - 1;
    }
  }
  if (digits % 4 != 0 || padding > 2 || bit_count != 2 * padding || bits != 0) {
    return fail(ErrorCode::kMalformed, "PEM: base64 that ends in the middle of a byte");
  }
  return bytes;
}

void skip_white(std::string_view& text) {
  const size_t start = text.find_first_not_of(kWhite);
  text.remove_prefix(start == std::string_view::npos ? text.size() : start);
}

}  // namespace

Result<std::vector<Bytes>, Error> parse_pem(std::string_view text, std::string_view label) {
  const std::string begin = "-----BEGIN " + std::string(label) + "-----";
  const std::string end = "-----END " + std::string(label) + "-----";
  while (text.ends_with('\0')) text.remove_suffix(1);
  std::vector<Bytes> blocks;
  for (skip_white(text); !text.empty(); skip_white(text)) {
    if (!text.starts_with(begin)) {
      return fail(ErrorCode::kMalformed,
                  "PEM: expected \"" + begin + "\" at block " + std::to_string(blocks.size() + 1));
    }
    text.remove_prefix(begin.size());
    const size_t stop = text.find(end);
    if (stop == std::string_view::npos) {
      return fail(ErrorCode::kMalformed,
                  "PEM: expected \"" + end + "\" after block " + std::to_string(blocks.size() + 1));
    }
    blocks.push_back(TRY(decode_base64(text.substr(0, stop))));
    text.remove_prefix(stop + end.size());
  }
  if (blocks.empty()) return fail(ErrorCode::kMalformed, "PEM: expected \"" + begin + "\", found nothing");
  return blocks;
}

bool looks_like_pem(std::string_view text) {
  skip_white(text);
  return text.starts_with("-----BEGIN ");
}

}  // namespace redoubt::crypto
