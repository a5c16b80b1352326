// SPDX-License-Identifier: Apache-2.0
#include "crypto/secret_text.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace redoubt::crypto {
namespace {

// Each alphabet lies in one cache line, so that a look-up does not tell which digit was asked for.
struct EncodingRow {
  alignas(64) char alphabet[65];
  TextEncoding encoding;
  unsigned bits;   // of a digit
  unsigned group;  // digits are padded to a multiple of this; 1: no padding
};
constexpr EncodingRow kEncodings[] = {
    {"0123456789abcdef", TextEncoding::kHex, 4, 1},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", TextEncoding::kBase64, 6, 4},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", TextEncoding::kBase64Url, 6, 4},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", TextEncoding::kBase64UrlNoPadding, 6, 1},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", TextEncoding::kBase32, 5, 8},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", TextEncoding::kBase32NoPadding, 5, 1},
};

constexpr const EncodingRow& kBase64 = kEncodings[1];
constexpr size_t kBase64Digits = 64;
constexpr std::string_view kWhite = " \t\r\n";
constexpr size_t kPemLine = 64;

int digit_of(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  const char lower = static_cast<char>(character | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

SecretBytes to_text(ByteView bytes, TextEncoding encoding) {
  const EncodingRow& row = *std::ranges::find(kEncodings, encoding, &EncodingRow::encoding);
  const size_t digit_count = (bytes.size() * 8 + row.bits - 1) / row.bits;
  SecretBytes text((digit_count + row.group - 1) / row.group * row.group);
  uint8_t* out = text.data();
  const uint32_t mask = (1U << row.bits) - 1;
  uint32_t pending = 0;
  unsigned bit_count = 0;
  for (const uint8_t byte : bytes) {
    pending = pending << 8 | byte;
    for (bit_count += 8; bit_count >= row.bits; bit_count -= row.bits) {
      *out++ = static_cast<uint8_t>(row.alphabet[pending >> (bit_count - row.bits) & mask]);
    }
    pending &= (1U << bit_count) - 1;
  }
  if (bit_count > 0) *out++ = static_cast<uint8_t>(row.alphabet[pending << (row.bits - bit_count) & mask]);
  std::fill(out, text.data() + text.size(), static_cast<uint8_t>('='));
  return text;
}

SecretBytes to_pem(ByteView der, std::string_view label) {
  const SecretBytes base64 = to_text(der, TextEncoding::kBase64);
  const std::string begin = "-----BEGIN " + std::string(label) + "-----\n";
  const std::string end = "-----END " + std::string(label) + "-----\n";
  const size_t line_count = (base64.size() + kPemLine - 1) / kPemLine;
  SecretBytes pem(begin.size() + base64.size() + line_count + end.size());
  uint8_t* out = std::ranges::copy(begin, pem.data()).out;
  for (ByteView rest = base64.view(); !rest.empty();) {
    const ByteView line = rest.first(std::min(rest.size(), kPemLine));
    out = std::ranges::copy(line, out).out;
    *out++ = '\n';
    rest = rest.subspan(line.size());
  }
  std::ranges::copy(end, out);
  return pem;
}

std::optional<SecretBytes> secret_from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  SecretBytes bytes(text.size() / 2);
  for (size_t index = 0; index < bytes.size(); ++index) {
    const int high = digit_of(text[2 * index]);
    const int low = digit_of(text[2 * index + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.data()[index] = static_cast<uint8_t>(high << 4 | low);
  }
  return bytes;
}

std::optional<SecretBytes> secret_from_base64(std::string_view text) {
  const std::string_view alphabet(kBase64.alphabet, kBase64Digits);
  SecretBytes bytes(text.size() / 4 * 3 + 3);
  size_t size = 0, digits = 0, padding = 0;
  uint32_t pending = 0;
  unsigned bit_count = 0;
  for (const char character : text) {
    if (kWhite.contains(character)) continue;
    ++digits;
    if (character == '=') {
      ++padding;
      continue;
    }
    const size_t value = alphabet.find(character);
    if (value == std::string_view::npos || padding > 0) return std::nullopt;
    pending = pending << 6 | static_cast<uint32_t>(value);
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    bytes.data()[size++] = static_cast<uint8_t>(pending >> bit_count);
    pending &= (1U << bit_count) - 1;
  }
  if (digits % 4 != 0 || bit_count != 2 * padding || pending != 0) return std::nullopt;
  bytes.shrink(size);
  return bytes;
}

SecretBytes concatenated(const std::vector<ByteView>& parts) {
  size_t size = 0;
  for (const ByteView part : parts) size += part.size();
  SecretBytes whole(size);
  uint8_t* out = whole.data();
  for (const ByteView part : parts) out = std::ranges::copy(part, out).out;
  return whole;
}

}  // namespace redoubt::crypto
