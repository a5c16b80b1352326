// SPDX-License-Identifier: Apache-2.0
#include "crypto/constant_time.h"

#include <openssl/crypto.h>

namespace redoubt::crypto {

bool equal_in_constant_time(ByteView left, ByteView right) {
  return left.size() == right.size() && (left.empty() || CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0);
}

}  // namespace redoubt::crypto
