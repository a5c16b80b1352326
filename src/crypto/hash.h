// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 and SHA-512 (FIPS 180-4).
#pragma once

#include <initializer_list>

#include "base/bytes.h"

namespace redoubt::crypto {

using Sha256Digest = ByteArray<32>;

// The digest of the parts, one after the other.
Sha256Digest sha256(std::initializer_list<ByteView> parts);
Sha256Digest sha256(ByteView bytes);

using Sha512Digest = ByteArray<64>;
Sha512Digest sha512(std::initializer_list<ByteView> parts);

}  // namespace redoubt::crypto
