// SPDX-License-Identifier: Apache-2.0
//
// X.509 certificates and CRLs (RFC 5280) with P-256 keys and ecdsa-with-SHA256 signatures, as attestation PKIs use them.
// Everything a verifier asks is read once, when the object is made; then it is immutable and cheap to copy. What a
// certificate may be used for is decided by its verifier (attest/sgx/certificate_chain), from these plain values.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/utc_time.h"
#include "crypto/ecdsa.h"

namespace redoubt::crypto {

// A distinguished name. Compared as RFC 5280, 7.1 says: case and white space folded.
struct Name {
  std::shared_ptr<const X509_NAME> name;  // keeps alive what it is a part of
  std::string common_name;                // empty unless there is exactly one
  bool operator==(const Name& other) const;
};

struct Validity {
  UtcTime from;
  UtcTime until;  // inclusive
};

class Certificate {
 public:
  static Result<Certificate, Error> from_der(ByteView der);
  // One certificate, as a file has it.
  static Result<Certificate, Error> from_pem_or_der(ByteView bytes);
  // All of a PEM text, in its order.
  static Result<std::vector<Certificate>, Error> list_from_pem(std::string_view text);

  const Bytes& der() const { return fields_->der; }
  const Name& subject() const { return fields_->subject; }
  const Name& issuer() const { return fields_->issuer; }
  bool self_issued() const { return subject() == issuer(); }
  const Bytes& serial() const { return fields_->serial; }  // big-endian magnitude, negative numbers are refused
  const Validity& validity() const { return fields_->validity; }
  const P256PublicKey& public_key() const { return fields_->public_key; }

  // Basic constraints and key usage. Without the key usage extension everything is allowed (RFC 5280, 4.2.1.3).
  bool is_authority() const { return fields_->is_authority; }
  std::optional<long> path_length() const { return fields_->path_length; }
  bool may_sign_data() const { return fields_->may_sign_data; }
  bool may_sign_certificates() const { return fields_->may_sign_certificates; }
  bool may_sign_crls() const { return fields_->may_sign_crls; }
  // The first critical extension besides basic constraints and key usage, in dotted form.
  const std::optional<std::string>& unknown_critical_extension() const { return fields_->unknown_critical; }

  // The content of the extension with this object identifier; nullopt when there is none, an error when there are two.
  Result<std::optional<Bytes>, Error> extension(const char* object_identifier) const;

  // Whether `key` made this certificate's signature. Says nothing about names, validity or constraints.
  [[nodiscard]] bool signed_by(const P256PublicKey& key) const;

 private:
  struct Fields {
    Bytes der;
    Name subject;
    Name issuer;
    Bytes serial;
    Validity validity;
    P256PublicKey public_key;
    bool is_authority;
    std::optional<long> path_length;
    bool may_sign_data;
    bool may_sign_certificates;
    bool may_sign_crls;
    std::optional<std::string> unknown_critical;
  };

  Certificate(std::shared_ptr<X509> x509, std::shared_ptr<const Fields> fields)
      : x509_(std::move(x509)), fields_(std::move(fields)) {}

  std::shared_ptr<X509> x509_;
  std::shared_ptr<const Fields> fields_;
};

// A complete, direct CRL: delta and indirect ones, and critical extensions, are refused as kUnsupported.
class RevocationList {
 public:
  static Result<RevocationList, Error> from_der(ByteView der);

  const Name& issuer() const { return issuer_; }
  const Validity& validity() const { return validity_; }  // thisUpdate to nextUpdate
  size_t revoked_count() const { return revoked_.size(); }
  bool revokes(const Certificate& certificate) const;
  [[nodiscard]] bool signed_by(const P256PublicKey& key) const;

 private:
  RevocationList(std::shared_ptr<X509_CRL> crl, Name issuer, Validity validity, std::vector<Bytes> revoked)
      : crl_(std::move(crl)), issuer_(std::move(issuer)), validity_(validity), revoked_(std::move(revoked)) {}

  std::shared_ptr<X509_CRL> crl_;
  Name issuer_;
  Validity validity_;
  std::vector<Bytes> revoked_;  // serial numbers, sorted
};

}  // namespace redoubt::crypto
