// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>

#include "crypto/pem.h"
#include "crypto/x509_fields.h"

namespace redoubt::crypto {

bool Name::operator==(const Name& other) const { return X509_NAME_cmp(name.get(), other.name.get()) == 0; }

Result<Certificate, Error> Certificate::from_der(ByteView der) {
  const uint8_t* position = der.data();
  const std::shared_ptr<X509> x509(d2i_X509(nullptr, &position, static_cast<long>(der.size())), X509_free);
  ERR_clear_error();
  if (!x509 || position != der.data() + der.size()) {
    return fail(ErrorCode::kMalformed, "expected one X.509 certificate in DER");
  }
  // Fills what OpenSSL derives from extensions; after this the object is only read.
  const uint32_t flags = X509_get_extension_flags(x509.get());
  ERR_clear_error();
  if ((flags & EXFLAG_INVALID) != 0) return fail(ErrorCode::kMalformed, "certificate with a malformed extension");
  if (X509_get_signature_nid(x509.get()) != NID_ecdsa_with_SHA256) {
    return fail(ErrorCode::kUnsupported, "certificate that is not signed with ecdsa-with-SHA256");
  }
  // Key usage as OpenSSL has it: all bits set when the extension is absent.
  const uint32_t usage = X509_get_key_usage(x509.get());
  const bool is_authority = (flags & EXFLAG_BCONS) != 0 && (flags & EXFLAG_CA) != 0;
  const long path_length = X509_get_pathlen(x509.get());

  Bytes serial = TRY(serial_of(X509_get0_serialNumber(x509.get())));
  const UtcTime from = TRY(time_of(X509_get0_notBefore(x509.get())));
  const UtcTime until = TRY(time_of(X509_get0_notAfter(x509.get())));
  P256PublicKey public_key = TRY(P256PublicKey::from_openssl(X509_get0_pubkey(x509.get())));
  auto fields = std::make_shared<const Fields>(Fields{
      .der = Bytes(der.begin(), der.end()),
      .subject = name_of(x509, X509_get_subject_name(x509.get())),
      .issuer = name_of(x509, X509_get_issuer_name(x509.get())),
      .serial = std::move(serial),
      .validity = {from, until},
      .public_key = std::move(public_key),
      .is_authority = is_authority,
      .path_length = path_length >= 0 ? std::optional(path_length) : std::nullopt,
      .may_sign_data = (usage & KU_DIGITAL_SIGNATURE) != 0,
      .may_sign_certificates = is_authority && (usage & KU_KEY_CERT_SIGN) != 0,
      .may_sign_crls = is_authority && (usage & KU_CRL_SIGN) != 0,
      .unknown_critical = crypto::unknown_critical_extension(X509_get0_extensions(x509.get())),
  });
  return Certificate(x509, std::move(fields));
}

Result<Certificate, Error> Certificate::from_pem_or_der(ByteView bytes) {
  if (!looks_like_pem(as_text(bytes))) return from_der(bytes);
  std::vector<Certificate> list = TRY(list_from_pem(as_text(bytes)));
  if (list.size() != 1) {
    return fail(ErrorCode::kMalformed, "expected one certificate, found " + std::to_string(list.size()));
  }
  return std::move(list.front());
}

Result<std::vector<Certificate>, Error> Certificate::list_from_pem(std::string_view text) {
  std::vector<Certificate> list;
  for (const Bytes& der : TRY(parse_pem(text, "CERTIFICATE"))) {
    Result<Certificate, Error> certificate = from_der(der);
    if (!certificate) {
      return std::unexpected(std::move(certificate.error()).in("certificate " + std::to_string(list.size() + 1)));
    }
    list.push_back(*std::move(certificate));
  }
  return list;
}

Result<std::optional<Bytes>, Error> Certificate::extension(const char* object_identifier) const {
  const std::unique_ptr<ASN1_OBJECT, decltype(&ASN1_OBJECT_free)> object(OBJ_txt2obj(object_identifier, 1),
                                                                         ASN1_OBJECT_free);
  if (!object) return fail(ErrorCode::kFailed, "not an object identifier: " + std::string(object_identifier));
  const int index = X509_get_ext_by_OBJ(x509_.get(), object.get(), -1);
  if (index < 0) return std::nullopt;
  if (X509_get_ext_by_OBJ(x509_.get(), object.get(), index) >= 0) {
    return fail(ErrorCode::kMalformed, "extension " + std::string(object_identifier) + " occurs twice");
  }
  const ASN1_OCTET_STRING* content = X509_EXTENSION_get_data(X509_get_ext(x509_.get(), index));
  const uint8_t* start = ASN1_STRING_get0_data(content);
  return Bytes(start, start + ASN1_STRING_length(content));
}

bool Certificate::signed_by(const P256PublicKey& key) const {
  const bool good = X509_verify(x509_.get(), key.openssl()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace redoubt::crypto
