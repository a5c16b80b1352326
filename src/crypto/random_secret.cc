// SPDX-License-Identifier: Apache-2.0
#include "crypto/random_secret.h"

#include <openssl/rand.h>

#include "crypto/openssl_start.h"

namespace redoubt::crypto {

Result<SecretBytes, Error> random_bytes(size_t size) {
  start_openssl();
  SecretBytes bytes(size);
  if (size > INT32_MAX || RAND_priv_bytes(bytes.data(), static_cast<int>(size)) != 1) {
    return fail(ErrorCode::kFailed, "the random generator failed");
  }
  return bytes;
}

Result<SecretBytes, Error> random_text(size_t size) {
  // Bytes from the last, incomplete run of the alphabet are thrown away: they would favour its beginning.
  constexpr unsigned kCount = kTextAlphabet.size();
  constexpr unsigned kLimit = 256 / kCount * kCount;
  SecretBytes text(size);
  for (size_t filled = 0; filled < size;) {
    const SecretBytes bytes = TRY(random_bytes(size - filled));
    for (const uint8_t byte : bytes.view()) {
      if (byte < kLimit) text.data()[filled++] = static_cast<uint8_t>(kTextAlphabet[byte % kCount]);
    }
  }
  return text;
}

}  // namespace redoubt::crypto
