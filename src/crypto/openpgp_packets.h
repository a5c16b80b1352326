// SPDX-License-Identifier: Apache-2.0
//
// The packets of OpenPGP keys (RFC 4880, section 4) and ASCII armor (section 6). Private to src/crypto.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace redoubt::crypto {

enum class PgpTag : uint8_t {
  kSignature = 2,
  kSecretKey = 5,
  kPublicKey = 6,
  kSecretSubkey = 7,
  kUserId = 13,
  kPublicSubkey = 14,
};

inline constexpr uint8_t kPgpVersion = 4;
inline constexpr uint8_t kPgpRsa = 1;  // encrypt or sign, 9.1

struct PgpPacket {
  PgpTag tag;
  ByteView body;
};

// Header in the new format (4.2.2).
Bytes pgp_header(PgpTag tag, size_t size);
void append(Bytes& to, ByteView bytes);
void append_number(Bytes& to, uint32_t value, unsigned size);  // big-endian
Bytes pgp_packet(PgpTag tag, ByteView body);

// Views of `bytes`. Partial and indeterminate lengths are refused: keys have none.
Result<std::vector<PgpPacket>, Error> read_pgp_packets(ByteView bytes);

// What a secret key packet and its public counterpart have in common (5.5.2). nullopt for unknown versions and algorithms.
std::optional<ByteView> pgp_public_part(ByteView key_body);

uint32_t pgp_checksum(ByteView bytes);  // CRC-24, 6.1

}  // namespace redoubt::crypto
