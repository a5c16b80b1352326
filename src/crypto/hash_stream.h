// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 of what comes in pieces, such as a large file.
#pragma once

#include "crypto/hash.h"
#include "crypto/openssl_pointers.h"

namespace redoubt::crypto {

class Sha256Stream {
 public:
  Sha256Stream();
  void update(ByteView bytes);
  Sha256Digest finish();  // once, the last call

 private:
  DigestContext context_;
};

}  // namespace redoubt::crypto
