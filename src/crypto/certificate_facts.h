// SPDX-License-Identifier: Apache-2.0
//
// What an issuer must know of certificates (RFC 5280) of any key type: its own, and those given by value. Not for verifying
// evidence: crypto/x509 is for that, and knows P-256 only.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/utc_time.h"
#include "crypto/private_key.h"

namespace redoubt::crypto {

struct CertificateFacts {
  UtcTime from;
  UtcTime until;
  bool may_issue;  // basic constraints say CA, and key usage, where there is one, has keyCertSign
  std::optional<long> path_length;
  bool self_signed;  // by its names and key identifiers
  bool has_key_identifier;
};

Result<CertificateFacts, Error> certificate_facts(ByteView der);

// One or more certificates, each in DER, in the order of the text.
Result<std::vector<Bytes>, Error> certificates_from_pem(std::string_view pem);

// Whether the certificate is for this key.
bool certificate_is_for(ByteView der, const PrivateKey& key);
// Whether `issuer` made it: names, identifiers, key usage and the signature.
bool certificate_issued_by(ByteView der, ByteView issuer);

}  // namespace redoubt::crypto
