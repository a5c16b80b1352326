// SPDX-License-Identifier: Apache-2.0
//
// Private keys that CAS makes or is given: P-256, P-384, Ed25519, RSA (and whatever else OpenSSL reads from PEM), with the
// written forms that programs ask for:
//
//   traditional   EC: SEC 1 (RFC 5915), RSA: PKCS #1 (RFC 8017), others have none and take PKCS #8
//   PKCS #8       RFC 5958, "PRIVATE KEY"
//   public        SubjectPublicKeyInfo (RFC 5280, 4.1.2.7), "PUBLIC KEY"
//
// Key material leaves only as SecretBytes; OpenSSL wipes its own copies. Pass phrases are not supported.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret_bytes.h"

namespace redoubt::crypto {

enum class KeyAlgorithm : uint8_t { kP256, kP384, kEd25519, kRsa2048, kRsa3072 };

// Cheap to copy, immutable, usable from several threads.
class PrivateKey {
 public:
  static Result<PrivateKey, Error> generate(KeyAlgorithm algorithm);
  // kMalformed unless the bytes are exactly one unencrypted key.
  static Result<PrivateKey, Error> from_pkcs8(ByteView der);
  // PKCS #8, SEC 1 or PKCS #1 in PEM. Messages do not quote it.
  static Result<PrivateKey, Error> from_pem(std::string_view pem);

  Result<SecretBytes, Error> pkcs8_der() const;
  Result<SecretBytes, Error> traditional_der() const;
  // The PEM label of the traditional form: "EC PRIVATE KEY", "RSA PRIVATE KEY", or "PRIVATE KEY".
  std::string_view traditional_label() const;
  Result<Bytes, Error> public_der() const;  // SubjectPublicKeyInfo

  bool is_p384() const;
  bool is_rsa() const;

  // ECDSA over P-384 with SHA-384 as JOSE has it (RFC 7518, 3.4): r || s, 96 bytes. kUnsupported unless is_p384().
  Result<Bytes, Error> sign_es384(ByteView message) const;

  EVP_PKEY* openssl() const { return key_.get(); }

 private:
  explicit PrivateKey(EVP_PKEY* key);

  std::shared_ptr<EVP_PKEY> key_;
};

// SubjectPublicKeyInfo in DER, from its PEM.
Result<Bytes, Error> public_key_from_pem(std::string_view pem);

}  // namespace redoubt::crypto
