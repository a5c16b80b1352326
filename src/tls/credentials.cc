// SPDX-License-Identifier: Apache-2.0
#include "tls/credentials.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <array>
#include <span>
#include <string>

#include "crypto/pem.h"

namespace redoubt::tls {
namespace {

constexpr size_t kMostCertificates = 64;
constexpr std::array<std::string_view, 3> kKeyLabels = {"PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"};

// In OpenSSL's memory, wiped.
class SecretBlock {
 public:
  explicit SecretBlock(size_t size) : bytes_(static_cast<uint8_t*>(OPENSSL_malloc(size)), size) {}
  SecretBlock(const SecretBlock&) = delete;
  SecretBlock& operator=(const SecretBlock&) = delete;
  ~SecretBlock() {
    if (bytes_.data() != nullptr) OPENSSL_clear_free(bytes_.data(), bytes_.size());
  }
  uint8_t* data() { return bytes_.data(); }

 private:
  std::span<uint8_t> bytes_;
};

// The value of a base64 digit, by comparisons that take the same time for all of them; negative: none.
constexpr int digit_value(uint8_t digit) {
  const auto within = [digit](int low, int high, int value) {
    const int is_within = ((low - 1 - digit) & (digit - high - 1)) >> 31;  // all ones or zero
    return is_within & (digit - low + value + 1);
  };
  return within('A', 'Z', 0) + within('a', 'z', 26) + within('0', '9', 52) + within('+', '+', 62) +
         within('/', '/', 63) - 1;
}
static_assert(digit_value('A') == 0 && digit_value('z') == 51 && digit_value('9') == 61 && digit_value('/') == 63);
static_assert(digit_value('=') < 0 && digit_value('@') < 0 && digit_value('{') < 0);

bool is_white(char character) {
  return character == '\n' || character == '\r' || character == ' ' || character == '\t';
}

// How many bytes were written; 0: not base64. `to` has 3/4 of the text's size.
size_t decode_base64(std::string_view text, uint8_t* to) {
  uint32_t bits = 0;
  unsigned bit_count = 0, padding = 0;
  size_t size = 0;
  for (const char character : text) {
    if (is_white(character)) continue;
    if (character == '=') {
      ++padding;
      continue;
    }
    const int value = digit_value(static_cast<uint8_t>(character));
    if (value < 0 || padding != 0) return 0;
    bits = bits << 6 | static_cast<uint32_t>(value);
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    to[size++] = static_cast<uint8_t>(bits >> bit_count);
    bits &= (1U << bit_count) - 1;
  }
  return padding <= 2 && bit_count == 2 * padding && bits == 0 ? size : 0;
}

// What stands between the lines of the first block with one of the labels; empty: none.
std::string_view key_block(std::string_view text) {
  for (const std::string_view label : kKeyLabels) {
    const std::string begin = "-----BEGIN " + std::string(label) + "-----";
    const size_t start = text.find(begin);
    if (start == std::string_view::npos) continue;
    const std::string_view rest = text.substr(start + begin.size());
    const size_t stop = rest.find("-----END " + std::string(label) + "-----");
    return stop == std::string_view::npos ? std::string_view() : rest.substr(0, stop);
  }
  return {};
}

}  // namespace

std::unexpected<Error> openssl_failed(ErrorCode code, std::string message) {
  ERR_clear_error();
  return fail(code, std::move(message));
}

Result<CertificateList, Error> certificates_from_pem(std::string_view text) {
  const auto blocks = TRY(crypto::parse_pem(text, "CERTIFICATE"));
  if (blocks.size() > kMostCertificates) return fail(ErrorCode::kUnsupported, "more than 64 certificates");
  CertificateList list;
  for (const Bytes& der : blocks) {
    const uint8_t* at = der.data();
    list.emplace_back(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (list.back() == nullptr || at != der.data() + der.size()) {
      return openssl_failed(ErrorCode::kMalformed, "certificate " + std::to_string(list.size()) + " is not X.509");
    }
  }
  return list;
}

Result<crypto::KeyPointer, Error> private_key_from_pem(std::string_view text) {
  constexpr char kExpected[] =
      "expected a private key in PEM without pass phrase (PRIVATE KEY, EC PRIVATE KEY or RSA PRIVATE KEY)";
  const std::string_view block = key_block(text);
  if (block.empty()) return fail(ErrorCode::kMalformed, kExpected);
  SecretBlock der(block.size());
  if (der.data() == nullptr) return fail(ErrorCode::kFailed, "no memory for a private key");
  const size_t size = decode_base64(block, der.data());
  const uint8_t* at = der.data();
  crypto::KeyPointer key(size == 0 ? nullptr : d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(size)));
  if (key == nullptr || at != der.data() + size) {
    return openssl_failed(ErrorCode::kMalformed, std::string(kExpected) + ", found one that cannot be read");
  }
  return key;
}

}  // namespace redoubt::tls
