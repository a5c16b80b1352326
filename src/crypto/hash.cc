// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash.h"

#include <openssl/sha.h>

#include <cstdlib>

namespace redoubt::crypto {

Sha256Digest sha256(std::initializer_list<ByteView> parts) {
  Bytes joined;  // what is hashed here is short; OpenSSL's one call costs less than setting up a context
  for (const ByteView part : parts) joined.insert(joined.end(), part.begin(), part.end());
  return sha256(joined);
}

Sha256Digest sha256(ByteView bytes) {
  Sha256Digest digest;
  // Only memory can be missing; a digest that was not computed must never be compared.
  if (SHA256(bytes.data(), bytes.size(), digest.data()) == nullptr) std::abort();
  return digest;
}

Sha512Digest sha512(std::initializer_list<ByteView> parts) {
  Bytes joined;
  for (const ByteView part : parts) joined.insert(joined.end(), part.begin(), part.end());
  Sha512Digest digest;
  if (SHA512(joined.data(), joined.size(), digest.data()) == nullptr) std::abort();
  return digest;
}

}  // namespace redoubt::crypto
