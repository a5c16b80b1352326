// SPDX-License-Identifier: Apache-2.0
//
// The certificates of a session: issued by CAS after what a secret of kind x509 or x509-ca asks for, or taken from its
// value. The defaults that a session leaves open are decided here (docs/policy.md lists them). Private to cas/secrets.
#pragma once

#include <chrono>
#include <optional>

#include "cas/secrets/material.h"
#include "crypto/private_key.h"

namespace redoubt::cas {

// A certificate names what went before it, so a chain cannot be longer than TLS peers accept.
inline constexpr size_t kMaxIssuers = 8;

// Clocks of those who verify may be behind.
inline constexpr std::chrono::seconds kBackdated = std::chrono::hours(1);

struct Issuance {
  const policy::Secret& secret;
  const crypto::PrivateKey& key;              // of the new certificate
  const Material* issuer;                     // kind x509-ca; null: self-signed
  std::optional<unsigned> authorities_below;  // x509-ca: absent where other sessions may issue with it
  UtcTime now;
};

// Precondition: the secret is of kind x509 or x509-ca, without a value.
Result<Material, Error> issue_certificate(const Issuance& issuance);

// From the value of `secret`. `key`: of its private_key; null: none. `issuer`: of its issuer; null: none.
Result<Material, Error> given_certificate(const policy::Secret& secret, const crypto::PrivateKey* key,
                                          const Material* issuer);

// What the chain of a certificate is that `issuer` made.
std::vector<Bytes> chain_below(const Material& issuer);

}  // namespace redoubt::cas
