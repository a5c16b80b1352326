// SPDX-License-Identifier: Apache-2.0
//
// ECDSA over P-256 with SHA-256 (FIPS 186-5), verification only. Keys are the 64 bytes x || y and signatures the 64 bytes
// r || s, big-endian, as DCAP and COSE carry them; X.509's DER signatures are crypto/x509's business.
#pragma once

#include <openssl/types.h>

#include <memory>

#include "base/bytes.h"
#include "base/error.h"

namespace redoubt::crypto {

inline constexpr size_t kP256KeySize = 64;
inline constexpr size_t kP256SignatureSize = 64;

// A public key: cheap to copy, immutable, usable from several threads.
class P256PublicKey {
 public:
  // kMalformed unless the 64 bytes are a point on the curve.
  static Result<P256PublicKey, Error> from_coordinates(ByteView x_and_y);
  // Shares the key. kUnsupported unless it is P-256.
  static Result<P256PublicKey, Error> from_openssl(EVP_PKEY* key);

  const ByteArray<kP256KeySize>& coordinates() const { return coordinates_; }
  bool operator==(const P256PublicKey& other) const { return coordinates_ == other.coordinates_; }

  // Whether `signature` (64 bytes) is this key's over SHA-256 of `message`.
  [[nodiscard]] bool verifies(ByteView message, ByteView signature) const;

  EVP_PKEY* openssl() const { return key_.get(); }

 private:
  P256PublicKey(std::shared_ptr<EVP_PKEY> key, const ByteArray<kP256KeySize>& coordinates)
      : key_(std::move(key)), coordinates_(coordinates) {}

  std::shared_ptr<EVP_PKEY> key_;
  ByteArray<kP256KeySize> coordinates_;
};

}  // namespace redoubt::crypto
