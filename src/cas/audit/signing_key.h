// SPDX-License-Identifier: Apache-2.0
//
// Ed25519 (RFC 8032), for the audit log: small, deterministic, fast enough to sign every line.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret_bytes.h"

namespace redoubt::cas {

using AuditSignature = ByteArray<64>;

class AuditPublicKey {
 public:
  static Result<AuditPublicKey, Error> from_raw(ByteView bytes);  // 32 bytes
  // "-----BEGIN PUBLIC KEY-----", as audit.pub and GET /v1/audit/key have it.
  static Result<AuditPublicKey, Error> from_pem(std::string_view pem);

  const ByteArray<32>& raw() const { return raw_; }
  std::string pem() const;
  [[nodiscard]] bool verifies(ByteView message, ByteView signature) const;

 private:
  std::shared_ptr<EVP_PKEY> key_;
  ByteArray<32> raw_{};
};

class AuditSigningKey {
 public:
  static Result<SecretBytes, Error> generate();  // 32 bytes, to be stored
  static Result<AuditSigningKey, Error> from_raw(const SecretBytes& bytes);

  const AuditPublicKey& public_key() const { return public_key_; }
  Result<AuditSignature, Error> sign(ByteView message) const;

 private:
  AuditSigningKey(std::shared_ptr<EVP_PKEY> key, AuditPublicKey public_key)
      : key_(std::move(key)), public_key_(std::move(public_key)) {}

  std::shared_ptr<EVP_PKEY> key_;
  AuditPublicKey public_key_;
};

}  // namespace redoubt::cas
