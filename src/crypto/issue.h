// SPDX-License-Identifier: Apache-2.0
//
// Issues X.509 certificates and CRLs (RFC 5280) with P-256 keys: the other side of crypto/x509, for platforms that are made
// up. The caller says everything that a certificate holds; nothing is defaulted from the environment or a configuration file.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/utc_time.h"
#include "crypto/signing_key.h"
#include "crypto/x509.h"

namespace redoubt::crypto {

struct SubjectName {
  std::string common_name;
  std::string organisation;  // empty: none
};

struct ExtraExtension {
  const char* object_identifier;  // dotted
  bool critical;
  Bytes content;  // DER
};

struct IssueRequest {
  SubjectName subject;
  Bytes serial;  // big-endian magnitude, at most 20 bytes
  Validity validity;
  bool authority = false;
  long path_length = 0;  // of an authority
  // As OpenSSL's configuration files name it: "critical,keyCertSign,cRLSign".
  const char* key_usage = "critical,digitalSignature";
  std::vector<ExtraExtension> extensions;
};

struct Issuer {
  const Certificate& certificate;
  const P256SigningKey& key;
};

// A random serial number of 16 bytes, positive.
Result<Bytes, Error> random_serial();

Result<Certificate, Error> issue_certificate(const IssueRequest& request, const P256PublicKey& subject_key,
                                             const Issuer& issuer);
Result<Certificate, Error> issue_root(const IssueRequest& request, const P256SigningKey& key);

// A complete CRL in DER. Its number is its time of issue, which only grows.
Result<Bytes, Error> issue_crl(const Issuer& issuer, const Validity& validity,
                               const std::vector<Bytes>& revoked_serials);

// "-----BEGIN CERTIFICATE-----" and so on.
std::string to_pem(const Certificate& certificate);

}  // namespace redoubt::crypto
