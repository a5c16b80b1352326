// SPDX-License-Identifier: Apache-2.0
//
// P-256 private keys: made, kept as PEM, used to sign (ECDSA with SHA-256). OpenSSL wipes the key when the last owner lets
// it go; its PEM form is SecretBytes. Who may read a file with one is decided where files are written.
#pragma once

#include <openssl/types.h>

#include <memory>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret_bytes.h"
#include "crypto/ecdsa.h"

namespace redoubt::crypto {

// Cheap to copy, immutable, usable from several threads.
class P256SigningKey {
 public:
  static Result<P256SigningKey, Error> generate();
  // PKCS #8, unencrypted. kMalformed unless it is exactly one such key on P-256.
  static Result<P256SigningKey, Error> from_pem(ByteView pem);
  Result<SecretBytes, Error> to_pem() const;

  const P256PublicKey& public_key() const { return public_key_; }

  // r || s over SHA-256 of `message`.
  Result<ByteArray<kP256SignatureSize>, Error> sign(ByteView message) const;

  EVP_PKEY* openssl() const { return key_.get(); }

 private:
  P256SigningKey(std::shared_ptr<EVP_PKEY> key, P256PublicKey public_key)
      : key_(std::move(key)), public_key_(std::move(public_key)) {}
  static Result<P256SigningKey, Error> take(EVP_PKEY* key);

  std::shared_ptr<EVP_PKEY> key_;
  P256PublicKey public_key_;
};

}  // namespace redoubt::crypto
