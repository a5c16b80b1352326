// SPDX-License-Identifier: Apache-2.0
//
// HMAC (RFC 2104) and HKDF (RFC 5869) with SHA-256. On libcrypto's SHA256_Init, _Update and _Final: deprecated in favour of EVP,
// which needs a provider and an allocation for each call, and the runtime computes keys in images that never start OpenSSL.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <string.h>

#include <algorithm>
#include <initializer_list>

#include "crypto/aead.h"
#include "crypto/cipher_scope.h"
#include "crypto/wipe_stack.h"

namespace redoubt::crypto {
namespace {

constexpr size_t kBlock = SHA256_CBLOCK;
using Digest = ByteArray<SHA256_DIGEST_LENGTH>;

// Keyed with one pad of the key; wiped with it.
class PaddedHash {
 public:
  PaddedHash(const ByteArray<kBlock>& key, uint8_t pad) {
    ByteArray<kBlock> padded;
    std::ranges::transform(key, padded.begin(), [pad](uint8_t byte) { return static_cast<uint8_t>(byte ^ pad); });
    SHA256_Init(&context_);
    add(padded);
    explicit_bzero(padded.data(), padded.size());
  }
  PaddedHash(const PaddedHash&) = delete;
  PaddedHash& operator=(const PaddedHash&) = delete;
  ~PaddedHash() { explicit_bzero(&context_, sizeof(context_)); }

  void add(ByteView bytes) {
    if (!bytes.empty()) SHA256_Update(&context_, bytes.data(), bytes.size());
  }
  void finish(Digest& digest) { SHA256_Final(digest.data(), &context_); }

 private:
  SHA256_CTX context_;
};

// Not by value: every temporary of a digest would be a copy of a key.
void hmac(Digest& out, ByteView key, std::initializer_list<ByteView> parts) {
  ByteArray<kBlock> block{};
  if (key.size() > kBlock) {
    SHA256_CTX long_key;
    SHA256_Init(&long_key);
    SHA256_Update(&long_key, key.data(), key.size());
    SHA256_Final(block.data(), &long_key);
    explicit_bzero(&long_key, sizeof(long_key));
  } else {
    std::ranges::copy(key, block.begin());
  }
  PaddedHash inner(block, 0x36), outer(block, 0x5c);
  explicit_bzero(block.data(), block.size());
  for (const ByteView part : parts) inner.add(part);
  Digest digest;
  inner.finish(digest);
  outer.add(digest);
  explicit_bzero(digest.data(), digest.size());
  outer.finish(out);
}

}  // namespace

ByteArray<32> hmac_sha256(ByteView key, ByteView data) {
  const CipherScope scope;
  Digest digest;
  hmac(digest, key, {data});
  wipe_stack_below();
  return digest;
}

void hkdf_sha256(ByteView key, ByteView salt, std::string_view label, ByteView context, std::span<uint8_t> out) {
  const CipherScope scope;
  Digest pseudorandom, last;
  hmac(pseudorandom, salt, {key});
  uint8_t counter = 0;
  while (!out.empty()) {
    const ByteView previous = counter == 0 ? ByteView() : ByteView(last);
    ++counter;
    hmac(last, pseudorandom, {previous, as_bytes(label), context, ByteView(&counter, 1)});
    const size_t size = std::min(out.size(), last.size());
    std::copy_n(last.begin(), size, out.begin());
    out = out.subspan(size);
  }
  explicit_bzero(pseudorandom.data(), pseudorandom.size());
  explicit_bzero(last.data(), last.size());
  wipe_stack_below();
}

}  // namespace redoubt::crypto
