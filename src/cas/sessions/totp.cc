// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "crypto/constant_time.h"

namespace redoubt::cas {
namespace {

constexpr size_t kDigits = 6;
constexpr uint32_t kModulus = 1'000'000;

ByteArray<kDigits> digits_of(uint32_t code) {
  ByteArray<kDigits> digits;
  for (size_t index = kDigits; index-- > 0; code /= 10) digits[index] = static_cast<uint8_t>('0' + code % 10);
  return digits;
}

}  // namespace

uint32_t totp_code(ByteView secret, uint64_t step) {
  ByteArray<8> counter;
  for (size_t index = 8; index-- > 0; step >>= 8) counter[index] = static_cast<uint8_t>(step);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()), counter.data(), counter.size(), mac, &size);
  // RFC 4226, 5.3: the last half byte says where the number is.
  const size_t offset = mac[19] & 15;
  const uint32_t number = static_cast<uint32_t>(mac[offset] & 0x7f) << 24 |
                          static_cast<uint32_t>(mac[offset + 1]) << 16 | static_cast<uint32_t>(mac[offset + 2]) << 8 |
                          mac[offset + 3];
  return number % kModulus;
}

std::optional<uint64_t> totp_match(ByteView secret, std::string_view password, UtcTime now, uint64_t last_used) {
  const uint64_t present = totp_step_of(now);
  std::optional<uint64_t> found;
  for (const uint64_t step : {present - 1, present, present + 1}) {
    const bool same = crypto::equal_in_constant_time(digits_of(totp_code(secret, step)), as_bytes(password));
    if (same && step > last_used && !found) found = step;
  }
  return found;
}

std::optional<SecretBytes> totp_secret_from_base32(std::string_view text) {
  SecretBytes bytes(text.size() * 5 / 8);
  uint32_t bits = 0;
  unsigned held = 0;
  size_t size = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (const char c : text) {
    uint32_t value;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<uint32_t>(c - 'a');
    } else if (c >= '2' && c <= '7') {
      value = static_cast<uint32_t>(c - '2' + 26);
    } else if (c == ' ') {
      continue;
    } else {
      return std::nullopt;
    }
    bits = (bits << 5 | value) & 0xfff;
    held += 5;
    if (held < 8) continue;
    held -= 8;
    bytes.data()[size++] = static_cast<uint8_t>(bits >> held);
  }
  bytes.shrink(size);
  return bytes;
}

}  // namespace redoubt::cas
