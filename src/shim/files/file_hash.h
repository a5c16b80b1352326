// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 of what a file holds, for the hashes of a session's code. The low-level functions of libcrypto: they allocate nothing,
// load nothing and read no configuration, unlike its EVP interface.
#pragma once

#include <string>

#include "base/bytes.h"

namespace redoubt::shim {

using FileHash = ByteArray<32>;

class FileHasher {
 public:
  FileHasher();
  FileHasher(const FileHasher&) = delete;
  FileHasher& operator=(const FileHasher&) = delete;
  void add(ByteView bytes);
  FileHash finish();

 private:
  alignas(8) uint8_t state_[128];
};

std::string hex_of(const FileHash& hash);

}  // namespace redoubt::shim
