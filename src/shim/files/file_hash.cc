// SPDX-License-Identifier: Apache-2.0
//
// On libcrypto's SHA256_Init, _Update and _Final. They are deprecated in favour of EVP, which would bring providers, their
// configuration file and DSO loading into every place that hashes; the functions themselves stay.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "shim/files/file_hash.h"

#include <openssl/sha.h>

#include <new>

namespace redoubt::shim {
namespace {

SHA256_CTX* context(uint8_t* state) { return std::launder(reinterpret_cast<SHA256_CTX*>(state)); }

}  // namespace

FileHasher::FileHasher() {
  static_assert(sizeof(SHA256_CTX) <= sizeof(state_) && alignof(SHA256_CTX) <= 8);
  new (state_) SHA256_CTX;
  SHA256_Init(context(state_));
}

void FileHasher::add(ByteView bytes) { SHA256_Update(context(state_), bytes.data(), bytes.size()); }

FileHash FileHasher::finish() {
  FileHash hash;
  SHA256_Final(hash.data(), context(state_));
  return hash;
}

std::string hex_of(const FileHash& hash) {
  std::string text;
  for (const uint8_t byte : hash) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

}  // namespace redoubt::shim
