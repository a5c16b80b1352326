// SPDX-License-Identifier: Apache-2.0
//
// Makes X.509 v3 certificates by the profile of RFC 5280 for authorities and for the two ends of TLS. What every one has:
//
//   serial number            20 random bytes, positive (4.1.2.2)
//   subject                  a common name only; the issuer's subject is copied
//   basic constraints        critical; authorities have CA:TRUE and perhaps a path length (4.2.1.9)
//   key usage                critical; authorities keyCertSign and cRLSign, others digitalSignature, with RSA keyEncipherment
//                            too, for TLS 1.2 (4.2.1.3)
//   extended key usage       serverAuth, clientAuth as asked for (4.2.1.12)
//   subject alternative name where there are names (4.2.1.6)
//   key identifiers          the first 20 bytes of SHA-256 of the public key (RFC 7093, 2)
//
// Signed with SHA-256 (RSA, P-256), SHA-384 (P-384), SHA-512 (P-521) or the key type's own (Ed25519).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/utc_time.h"
#include "crypto/private_key.h"

namespace redoubt::crypto {

struct CertificateRequest {
  std::string common_name;                // UTF-8, 1 to 64 characters
  std::vector<std::string> dns_names;     // "db.internal", "*.internal"
  std::vector<std::string> ip_addresses;  // as text, IPv4 or IPv6
  UtcTime from;
  UtcTime until;
  bool authority = false;
  std::optional<unsigned> path_length;  // authorities: how many authorities may follow; absent: any number
  bool for_servers = false;
  bool for_clients = false;
};

// DER. `issuer_certificate` empty: self-signed with `subject_key`. Precondition: the issuer's certificate is for its key.
Result<Bytes, Error> make_certificate(const CertificateRequest& request, const PrivateKey& subject_key,
                                      const PrivateKey& issuer_key, ByteView issuer_certificate);

}  // namespace redoubt::crypto
