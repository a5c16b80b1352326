// SPDX-License-Identifier: Apache-2.0
//
// AES-256-GCM (NIST SP 800-38D) for bulk data: intel-ipsec-mb's block functions, chosen once for this processor (VAES and
// AVX-512, or AES-NI). The key schedule lies in memory of the caller's choice. One thread may use a key at a time for
// sealing with one counter; opening is free of state. HKDF-SHA256 (RFC 5869) for the keys.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace redoubt::crypto {

inline constexpr size_t kAeadKeySize = 32, kAeadNonceSize = 12, kAeadTagSize = 16;

// Whether this processor can (AES-NI and PCLMULQDQ: every x86-64 server since 2010). Looks once.
bool has_bulk_aead();

class BulkAead {
 public:
  // Bytes of memory for a key schedule; it must be aligned to 64 and is wiped by the caller.
  static size_t memory_size();
  BulkAead() = default;
  BulkAead(std::span<uint8_t> memory, std::span<const uint8_t, kAeadKeySize> key);

  // `to` may be `from`, and has its size.
  void seal(std::span<const uint8_t, kAeadNonceSize> nonce, ByteView associated, ByteView from, uint8_t* to,
            std::span<uint8_t, kAeadTagSize> tag) const;
  // False: not authentic, and `to` is wiped.
  [[nodiscard]] bool open(std::span<const uint8_t, kAeadNonceSize> nonce, ByteView associated, ByteView from,
                          uint8_t* to, std::span<const uint8_t, kAeadTagSize> tag) const;

 private:
  const void* schedule_ = nullptr;
};

// HKDF-Extract and -Expand with `info`; at most 255 * 32 bytes.
void hkdf_sha256(ByteView key, ByteView salt, std::string_view label, ByteView context, std::span<uint8_t> out);
ByteArray<32> hmac_sha256(ByteView key, ByteView data);

}  // namespace redoubt::crypto
