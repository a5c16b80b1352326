// SPDX-License-Identifier: Apache-2.0
#include "crypto/issue.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "crypto/openssl_pointers.h"

namespace redoubt::crypto {
namespace {

using Memory = OpensslPointer<BIO, BIO_free_all>;
using Time = OpensslPointer<ASN1_TIME, ASN1_TIME_free>;
using Integer = OpensslPointer<ASN1_INTEGER, ASN1_INTEGER_free>;
using Extension = OpensslPointer<X509_EXTENSION, X509_EXTENSION_free>;
using Octets = OpensslPointer<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using ObjectIdentifier = OpensslPointer<ASN1_OBJECT, ASN1_OBJECT_free>;
using RevokedEntry = OpensslPointer<X509_REVOKED, X509_REVOKED_free>;

std::unexpected<Error> library_failed(const char* what) {
  ERR_clear_error();
  return fail(ErrorCode::kFailed, std::string("the library could not make ") + what);
}

Time asn1_time(UtcTime time) { return Time(ASN1_TIME_set(nullptr, time.time_since_epoch().count())); }

Integer asn1_integer(ByteView magnitude) {
  const BigNumber number(BN_bin2bn(magnitude.data(), static_cast<int>(magnitude.size()), nullptr));
  return Integer(number ? BN_to_ASN1_INTEGER(number.get(), nullptr) : nullptr);
}

bool add_text(X509_NAME* name, int kind, const std::string& text) {
  return text.empty() ||
         X509_NAME_add_entry_by_NID(name, kind, MBSTRING_UTF8, reinterpret_cast<const uint8_t*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

bool add_configured(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool add_extra(X509* certificate, const ExtraExtension& extra) {
  const ObjectIdentifier object(OBJ_txt2obj(extra.object_identifier, 1));
  const Octets octets(ASN1_OCTET_STRING_new());
  if (!object || !octets ||
      ASN1_OCTET_STRING_set(octets.get(), extra.content.data(), static_cast<int>(extra.content.size())) != 1) {
    return false;
  }
  const Extension extension(X509_EXTENSION_create_by_OBJ(nullptr, object.get(), extra.critical, octets.get()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool add_extensions(X509* certificate, X509* issuer, const IssueRequest& request) {
  const std::string constraints =
      request.authority ? "critical,CA:TRUE,pathlen:" + std::to_string(request.path_length) : "critical,CA:FALSE";
  bool added = add_configured(certificate, issuer, NID_subject_key_identifier, "hash") &&
               add_configured(certificate, issuer, NID_authority_key_identifier, "keyid") &&
               add_configured(certificate, issuer, NID_basic_constraints, constraints.c_str()) &&
               add_configured(certificate, issuer, NID_key_usage, request.key_usage);
  for (const ExtraExtension& extra : request.extensions) added = added && add_extra(certificate, extra);
  return added;
}

X509Pointer decode(const Certificate& certificate) {
  const uint8_t* position = certificate.der().data();
  return X509Pointer(d2i_X509(nullptr, &position, static_cast<long>(certificate.der().size())));
}

// `issuer` is nullptr for a root.
Result<Certificate, Error> issue(const IssueRequest& request, EVP_PKEY* subject_key, X509* issuer,
                                 EVP_PKEY* issuer_key) {
  const X509Pointer made(X509_new());
  const Time from = asn1_time(request.validity.from), until = asn1_time(request.validity.until);
  const Integer serial = asn1_integer(request.serial);
  X509_NAME* subject = made ? X509_get_subject_name(made.get()) : nullptr;
  X509* signer = issuer ? issuer : made.get();
  const bool done = subject && from && until && serial && X509_set_version(made.get(), X509_VERSION_3) == 1 &&
                    X509_set_serialNumber(made.get(), serial.get()) == 1 &&
                    add_text(subject, NID_organizationName, request.subject.organisation) &&
                    add_text(subject, NID_commonName, request.subject.common_name) &&
                    X509_set_issuer_name(made.get(), X509_get_subject_name(signer)) == 1 &&
                    X509_set1_notBefore(made.get(), from.get()) == 1 &&
                    X509_set1_notAfter(made.get(), until.get()) == 1 && X509_set_pubkey(made.get(), subject_key) == 1 &&
                    add_extensions(made.get(), signer, request) && X509_sign(made.get(), issuer_key, EVP_sha256()) > 0;
  uint8_t* der = nullptr;
  const int size = done ? i2d_X509(made.get(), &der) : -1;
  if (size <= 0) return library_failed("a certificate");
  const Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return Certificate::from_der(bytes);
}

bool add_revoked(X509_CRL* crl, ByteView serial, const ASN1_TIME* time) {
  RevokedEntry entry(X509_REVOKED_new());
  const Integer number = asn1_integer(serial);
  if (!entry || !number || X509_REVOKED_set_serialNumber(entry.get(), number.get()) != 1 ||
      X509_REVOKED_set_revocationDate(entry.get(), const_cast<ASN1_TIME*>(time)) != 1 ||
      X509_CRL_add0_revoked(crl, entry.get()) != 1) {
    return false;
  }
  static_cast<void>(entry.release());  // it belongs to the CRL
  return true;
}

}  // namespace

Result<Bytes, Error> random_serial() {
  Bytes serial(16);
  if (RAND_bytes(serial.data(), static_cast<int>(serial.size())) != 1) return library_failed("a random number");
  serial[0] = static_cast<uint8_t>((serial[0] & 0x7F) | 0x40);
  return serial;
}

Result<Certificate, Error> issue_certificate(const IssueRequest& request, const P256PublicKey& subject_key,
                                             const Issuer& issuer) {
  const X509Pointer authority = decode(issuer.certificate);
  if (!authority) return library_failed("a certificate of its issuer");
  return issue(request, subject_key.openssl(), authority.get(), issuer.key.openssl());
}

Result<Certificate, Error> issue_root(const IssueRequest& request, const P256SigningKey& key) {
  return issue(request, key.openssl(), nullptr, key.openssl());
}

Result<Bytes, Error> issue_crl(const Issuer& issuer, const Validity& validity,
                               const std::vector<Bytes>& revoked_serials) {
  const X509Pointer authority = decode(issuer.certificate);
  const CrlPointer crl(X509_CRL_new());
  const Time from = asn1_time(validity.from), until = asn1_time(validity.until);
  const Integer number(ASN1_INTEGER_new());
  bool done = authority && crl && from && until && number && X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2) == 1 &&
              X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(authority.get())) == 1 &&
              X509_CRL_set1_lastUpdate(crl.get(), from.get()) == 1 &&
              X509_CRL_set1_nextUpdate(crl.get(), until.get()) == 1 &&
              ASN1_INTEGER_set_int64(number.get(), validity.from.time_since_epoch().count()) == 1 &&
              X509_CRL_add1_ext_i2d(crl.get(), NID_crl_number, number.get(), 0, X509V3_ADD_DEFAULT) == 1;
  for (const Bytes& serial : revoked_serials) done = done && add_revoked(crl.get(), serial, from.get());
  done = done && X509_CRL_sort(crl.get()) == 1 && X509_CRL_sign(crl.get(), issuer.key.openssl(), EVP_sha256()) > 0;
  uint8_t* der = nullptr;
  const int size = done ? i2d_X509_CRL(crl.get(), &der) : -1;
  if (size <= 0) return library_failed("a CRL");
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

std::string to_pem(const Certificate& certificate) {
  const X509Pointer decoded = decode(certificate);
  const Memory memory(BIO_new(BIO_s_mem()));
  if (!decoded || !memory || PEM_write_bio_X509(memory.get(), decoded.get()) != 1) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<size_t>(size)};
}

}  // namespace redoubt::crypto
