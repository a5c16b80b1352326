// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate_builder.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/hash.h"
#include "crypto/openssl_pointers.h"

namespace redoubt::crypto {
namespace {

using BitString = OpensslPointer<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;
using OctetString = OpensslPointer<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using BasicConstraints = OpensslPointer<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free>;
using AuthorityKeyId = OpensslPointer<AUTHORITY_KEYID, AUTHORITY_KEYID_free>;
using KeyPurposes = OpensslPointer<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;
using GeneralNames = OpensslPointer<GENERAL_NAMES, GENERAL_NAMES_free>;
using GeneralName = OpensslPointer<GENERAL_NAME, GENERAL_NAME_free>;

constexpr int kVersion3 = 2;  // the number in the field
constexpr size_t kSerialSize = 20;
constexpr int kKeyIdSize = 20;

// Bits of the key usage extension, RFC 5280, 4.2.1.3.
constexpr int kDigitalSignature = 0;
constexpr int kKeyEncipherment = 2;
constexpr int kKeyCertSign = 5;
constexpr int kCrlSign = 6;

std::unexpected<Error> failed(std::string_view what) {
  ERR_clear_error();
  return fail(ErrorCode::kFailed, "the certificate's " + std::string(what) + " could not be written");
}

bool add(X509* certificate, int kind, void* value, bool critical) {
  return X509_add1_ext_i2d(certificate, kind, value, critical ? 1 : 0, X509V3_ADD_DEFAULT) == 1;
}

bool set_serial(X509* certificate) {
  uint8_t bytes[kSerialSize];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) return false;
  bytes[0] = static_cast<uint8_t>((bytes[0] & 0x7F) | 0x40);  // positive, and of full length
  const BigNumber number(BN_bin2bn(bytes, sizeof(bytes), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_times(X509* certificate, const CertificateRequest& request) {
  return ASN1_TIME_set(X509_getm_notBefore(certificate), request.from.time_since_epoch().count()) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), request.until.time_since_epoch().count()) != nullptr;
}

bool set_subject(X509* certificate, const std::string& common_name) {
  return X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8,
                                    reinterpret_cast<const uint8_t*>(common_name.data()),
                                    static_cast<int>(common_name.size()), -1, 0) == 1;
}

bool add_basic_constraints(X509* certificate, const CertificateRequest& request) {
  const BasicConstraints constraints(BASIC_CONSTRAINTS_new());
  if (!constraints) return false;
  // The byte that is written. DER has one TRUE (X.690, 11.1), and Go refuses others.
  constraints->ca = request.authority ? 0xFF : 0;
  if (request.authority && request.path_length) {
    constraints->pathlen = ASN1_INTEGER_new();
    if (constraints->pathlen == nullptr || ASN1_INTEGER_set(constraints->pathlen, *request.path_length) != 1) {
      return false;
    }
  }
  return add(certificate, NID_basic_constraints, constraints.get(), true);
}

bool add_key_usage(X509* certificate, bool authority, bool rsa) {
  const BitString usage(ASN1_BIT_STRING_new());
  if (!usage) return false;
  const int first = authority ? kKeyCertSign : kDigitalSignature;
  const int second = authority ? kCrlSign : kKeyEncipherment;
  if (ASN1_BIT_STRING_set_bit(usage.get(), first, 1) != 1) return false;
  if ((authority || rsa) && ASN1_BIT_STRING_set_bit(usage.get(), second, 1) != 1) return false;
  return add(certificate, NID_key_usage, usage.get(), true);
}

bool add_purposes(X509* certificate, const CertificateRequest& request) {
  if (!request.for_servers && !request.for_clients) return true;
  const KeyPurposes purposes(EXTENDED_KEY_USAGE_new());
  if (!purposes) return false;
  // OBJ_nid2obj gives static objects: nothing to free.
  if (request.for_servers && sk_ASN1_OBJECT_push(purposes.get(), OBJ_nid2obj(NID_server_auth)) == 0) return false;
  if (request.for_clients && sk_ASN1_OBJECT_push(purposes.get(), OBJ_nid2obj(NID_client_auth)) == 0) return false;
  return add(certificate, NID_ext_key_usage, purposes.get(), false);
}

// `text` with every octet as it is; IP addresses become 4 or 16 octets.
GeneralName general_name(int type, const std::string& text) {
  GeneralName name(GENERAL_NAME_new());
  if (!name) return nullptr;
  ASN1_STRING* value = nullptr;
  if (type == GEN_IPADD) {
    value = a2i_IPADDRESS(text.c_str());
  } else {
    value = ASN1_IA5STRING_new();
    if (value != nullptr && ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) != 1) {
      ASN1_STRING_free(value);
      value = nullptr;
    }
  }
  if (value == nullptr) return nullptr;
  GENERAL_NAME_set0_value(name.get(), type, value);
  return name;
}

bool add_alternative_names(X509* certificate, const CertificateRequest& request) {
  if (request.dns_names.empty() && request.ip_addresses.empty()) return true;
  const GeneralNames names(GENERAL_NAMES_new());
  const auto push = [&](int type, const std::string& text) {
    GeneralName name = general_name(type, text);
    if (!name || sk_GENERAL_NAME_push(names.get(), name.get()) == 0) return false;
    [[maybe_unused]] const GENERAL_NAME* owned_by_names = name.release();
    return true;
  };
  for (const std::string& text : request.dns_names) {
    if (!push(GEN_DNS, text)) return false;
  }
  for (const std::string& text : request.ip_addresses) {
    if (!push(GEN_IPADD, text)) return false;
  }
  return add(certificate, NID_subject_alt_name, names.get(), false);
}

OctetString key_identifier(const X509* certificate) {
  const ASN1_BIT_STRING* key = X509_get0_pubkey_bitstr(certificate);
  const Sha256Digest digest =
      sha256(ByteView(ASN1_STRING_get0_data(key), static_cast<size_t>(ASN1_STRING_length(key))));
  OctetString identifier(ASN1_OCTET_STRING_new());
  if (identifier && ASN1_OCTET_STRING_set(identifier.get(), digest.data(), kKeyIdSize) != 1) identifier.reset();
  return identifier;
}

bool add_key_identifiers(X509* certificate, X509* issuer) {
  const OctetString own = key_identifier(certificate);
  if (!own || !add(certificate, NID_subject_key_identifier, own.get(), false)) return false;
  // An issuer made elsewhere has an identifier of its own making, or none: then there is nothing to refer to.
  const ASN1_OCTET_STRING* of_issuer = issuer == nullptr ? own.get() : X509_get0_subject_key_id(issuer);
  if (of_issuer == nullptr) return true;
  const AuthorityKeyId authority(AUTHORITY_KEYID_new());
  if (!authority) return false;
  authority->keyid = ASN1_OCTET_STRING_dup(of_issuer);
  return authority->keyid != nullptr && add(certificate, NID_authority_key_identifier, authority.get(), false);
}

// Null for keys that bring their own.
const EVP_MD* digest_for(const PrivateKey& key) {
  if (EVP_PKEY_is_a(key.openssl(), "EC") == 1) {
    const int bits = EVP_PKEY_get_bits(key.openssl());
    return bits <= 256 ? EVP_sha256() : bits <= 384 ? EVP_sha384() : EVP_sha512();
  }
  return key.is_rsa() ? EVP_sha256() : nullptr;
}

}  // namespace

Result<Bytes, Error> make_certificate(const CertificateRequest& request, const PrivateKey& subject_key,
                                      const PrivateKey& issuer_key, ByteView issuer_certificate) {
  X509Pointer issuer;
  if (!issuer_certificate.empty()) {
    const uint8_t* at = issuer_certificate.data();
    issuer.reset(d2i_X509(nullptr, &at, static_cast<long>(issuer_certificate.size())));
    if (!issuer) return failed("issuer");
  }
  const X509Pointer certificate(X509_new());
  X509* made = certificate.get();
  if (made == nullptr || X509_set_version(made, kVersion3) != 1 || !set_serial(made)) return failed("serial number");
  if (!set_times(made, request)) return failed("validity");
  if (!set_subject(made, request.common_name)) return failed("common name (1 to 64 characters of UTF-8)");
  if (X509_set_issuer_name(made, X509_get_subject_name(issuer ? issuer.get() : made)) != 1) return failed("issuer");
  if (X509_set_pubkey(made, subject_key.openssl()) != 1) return failed("public key");
  if (!add_basic_constraints(made, request)) return failed("basic constraints");
  if (!add_key_usage(made, request.authority, subject_key.is_rsa())) return failed("key usage");
  if (!add_purposes(made, request)) return failed("extended key usage");
  if (!add_alternative_names(made, request)) return failed("alternative names");
  if (!add_key_identifiers(made, issuer.get())) return failed("key identifiers");
  if (X509_sign(made, issuer_key.openssl(), digest_for(issuer_key)) <= 0) {
    return failed("signature (the issuer's key must be EC, RSA or Ed25519)");
  }
  Bytes der(static_cast<size_t>(i2d_X509(made, nullptr)));
  uint8_t* out = der.data();
  if (i2d_X509(made, &out) != static_cast<int>(der.size())) return failed("encoding");
  return der;
}

}  // namespace redoubt::crypto
