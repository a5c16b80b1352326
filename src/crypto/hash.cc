// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash.h"

#include <openssl/evp.h>

#include <cstdlib>

#include "crypto/openssl_pointers.h"

namespace redoubt::crypto {

Sha256Digest sha256(std::initializer_list<ByteView> parts) {
  Sha256Digest digest;
  const DigestContext context(EVP_MD_CTX_new());
  bool done = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  for (const ByteView part : parts) done = done && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  done = done && EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
  // Only memory can be missing; a digest that was not computed must never be compared.
  if (!done) std::abort();
  return digest;
}

}  // namespace redoubt::crypto
