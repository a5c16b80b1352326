// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash_stream.h"

#include <cstdlib>

namespace redoubt::crypto {
namespace {

// As in hash.cc: only memory can be missing, and a digest that was not computed must never be compared.
void must(int result) {
  if (result != 1) std::abort();
}

}  // namespace

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
  must(context_ ? EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) : 0);
}

void Sha256Stream::update(ByteView bytes) { must(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size())); }

Sha256Digest Sha256Stream::finish() {
  Sha256Digest digest;
  must(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
  return digest;
}

}  // namespace redoubt::crypto
