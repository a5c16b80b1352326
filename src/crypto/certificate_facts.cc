// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate_facts.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/openssl_pointers.h"
#include "crypto/openssl_start.h"
#include "crypto/x509_fields.h"

namespace redoubt::crypto {
namespace {

using BioPointer = OpensslPointer<BIO, BIO_free_all>;

int no_pass_phrase(char*, int, int, void*) { return -1; }

// Null unless the bytes are exactly one certificate whose extensions OpenSSL can read.
X509Pointer read(ByteView der) {
  start_openssl();
  const uint8_t* at = der.data();
  X509Pointer certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  const bool whole = certificate && at == der.data() + der.size() && X509_check_purpose(certificate.get(), -1, 0) == 1;
  ERR_clear_error();
  if (!whole) certificate.reset();
  return certificate;
}

}  // namespace

Result<CertificateFacts, Error> certificate_facts(ByteView der) {
  const X509Pointer certificate = read(der);
  if (!certificate) return fail(ErrorCode::kMalformed, "not an X.509 certificate");
  const uint32_t flags = X509_get_extension_flags(certificate.get());
  const UtcTime from = TRY(time_of(X509_get0_notBefore(certificate.get())));
  const UtcTime until = TRY(time_of(X509_get0_notAfter(certificate.get())));
  CertificateFacts facts{.from = from,
                         .until = until,
                         .may_issue = false,
                         .path_length = std::nullopt,
                         .self_signed = (flags & EXFLAG_SS) != 0,
                         .has_key_identifier = X509_get0_subject_key_id(certificate.get()) != nullptr};
  // Without the extension the usage is all ones.
  facts.may_issue = (flags & EXFLAG_CA) != 0 && (X509_get_key_usage(certificate.get()) & KU_KEY_CERT_SIGN) != 0;
  const long path_length = X509_get_pathlen(certificate.get());
  if (path_length >= 0) facts.path_length = path_length;
  return facts;
}

Result<std::vector<Bytes>, Error> certificates_from_pem(std::string_view pem) {
  start_openssl();
  const BioPointer bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) return fail(ErrorCode::kFailed, "no memory for a certificate");
  std::vector<Bytes> certificates;
  while (const X509Pointer one{PEM_read_bio_X509(bio.get(), nullptr, no_pass_phrase, nullptr)}) {
    Bytes der(static_cast<size_t>(i2d_X509(one.get(), nullptr)));
    uint8_t* out = der.data();
    i2d_X509(one.get(), &out);
    certificates.push_back(std::move(der));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end || certificates.empty()) return fail(ErrorCode::kMalformed, "not certificates in PEM");
  return certificates;
}

bool certificate_is_for(ByteView der, const PrivateKey& key) {
  const X509Pointer certificate = read(der);
  const bool fits = certificate && X509_check_private_key(certificate.get(), key.openssl()) == 1;
  ERR_clear_error();
  return fits;
}

bool certificate_issued_by(ByteView der, ByteView issuer) {
  const X509Pointer certificate = read(der);
  const X509Pointer authority = read(issuer);
  const bool issued = certificate && authority && X509_check_issued(authority.get(), certificate.get()) == X509_V_OK &&
                      X509_verify(certificate.get(), X509_get0_pubkey(authority.get())) == 1;
  ERR_clear_error();
  return issued;
}

}  // namespace redoubt::crypto
