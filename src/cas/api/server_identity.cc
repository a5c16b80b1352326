// SPDX-License-Identifier: Apache-2.0
#include "cas/api/server_identity.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

#include "crypto/hash.h"
#include "crypto/openssl_pointers.h"
#include "wire/codec.h"

namespace redoubt::cas {
namespace {

constexpr char kIdentityRecord[] = "tls-key";

struct StoredIdentity {
  ByteView key;          // PKCS #8 (RFC 5208), DER
  ByteView certificate;  // DER
};
template <typename Archive>
bool fields(Archive& a, wire::Of<Archive, StoredIdentity>& m) {
  return a.bytes(m.key) && a.bytes(m.certificate);
}

std::unexpected<Error> openssl_failed(const char* what) {
  return fail(ErrorCode::kFailed, std::string("OpenSSL refused ") + what);
}

bool add_extension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  const bool added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

// An authority of its own, so that TLS libraries take it as the root of itself.
constexpr std::array<std::pair<int, const char*>, 5> kExtensions = {{
    {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
    {NID_key_usage, "critical,digitalSignature,keyCertSign"},
    {NID_ext_key_usage, "serverAuth"},
    {NID_subject_key_identifier, "hash"},
    {NID_subject_alt_name, "DNS:redoubt-cas,DNS:localhost,IP:127.0.0.1,IP:::1"},
}};

Result<crypto::X509Pointer, Error> self_signed(EVP_PKEY* key) {
  crypto::X509Pointer certificate(X509_new());
  const crypto::BigNumber serial(BN_new());
  X509* x509 = certificate.get();
  X509_NAME* name = x509 == nullptr ? nullptr : X509_get_subject_name(x509);
  const auto* common_name = reinterpret_cast<const uint8_t*>("redoubt-cas");
  // A validity without end: RFC 5280, 4.1.2.5. Begins at the epoch, so that the clock does not matter.
  const bool made = name != nullptr && serial && X509_set_version(x509, X509_VERSION_3) == 1 &&
                    BN_rand(serial.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                    BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(x509)) != nullptr &&
                    ASN1_TIME_set_string_X509(X509_getm_notBefore(x509), "19700101000000Z") == 1 &&
                    ASN1_TIME_set_string_X509(X509_getm_notAfter(x509), "99991231235959Z") == 1 &&
                    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, common_name, -1, -1, 0) == 1 &&
                    X509_set_issuer_name(x509, name) == 1 && X509_set_pubkey(x509, key) == 1;
  if (!made) return openssl_failed("to make a certificate");
  for (const auto& [nid, value] : kExtensions) {
    if (!add_extension(x509, nid, value)) return openssl_failed("an extension of the certificate");
  }
  if (X509_sign(x509, key, EVP_sha256()) == 0) return openssl_failed("to sign the certificate");
  return certificate;
}

// What i2d functions write, as bytes that are wiped.
template <typename Object, typename Encode>
Result<SecretBytes, Error> der_of(Object* object, Encode encode) {
  const int size = encode(object, nullptr);
  if (size <= 0) return openssl_failed("to encode");
  SecretBytes der(static_cast<size_t>(size));
  uint8_t* out = der.data();
  encode(object, &out);
  return der;
}

int encode_private_key(EVP_PKEY* key, uint8_t** out) {
  PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(key);
  const int size = info == nullptr ? -1 : i2d_PKCS8_PRIV_KEY_INFO(info, out);
  PKCS8_PRIV_KEY_INFO_free(info);
  return size;
}

Result<SecretBytes, Error> make_identity() {
  const crypto::KeyPointer key(EVP_EC_gen("P-256"));
  if (!key) return openssl_failed("to make a key");
  const crypto::X509Pointer certificate = TRY(self_signed(key.get()));
  const SecretBytes key_der = TRY(der_of(key.get(), encode_private_key));
  const SecretBytes certificate_der = TRY(der_of(certificate.get(), i2d_X509));
  Bytes encoded = wire::encode(StoredIdentity{key_der.view(), certificate_der.view()});
  SecretBytes secret{ByteView(encoded)};
  explicit_bzero(encoded.data(), encoded.size());
  return secret;
}

Result<ServerIdentity, Error> decode_identity(const SecretBytes& bytes) {
  StoredIdentity stored;
  if (!wire::decode(bytes.view(), stored)) return fail(ErrorCode::kMalformed, "the stored TLS key of CAS");
  const uint8_t* key_at = stored.key.data();
  const uint8_t* certificate_at = stored.certificate.data();
  ServerIdentity identity;
  identity.key.reset(d2i_AutoPrivateKey(nullptr, &key_at, static_cast<long>(stored.key.size())), EVP_PKEY_free);
  identity.certificate.reset(d2i_X509(nullptr, &certificate_at, static_cast<long>(stored.certificate.size())),
                             X509_free);
  if (!identity.key || !identity.certificate) return fail(ErrorCode::kMalformed, "the stored TLS key of CAS");
  identity.key_hash = TRY(key_hash_of(*identity.certificate));
  identity.certificate_pem = TRY(pem_of(*identity.certificate));
  return identity;
}

}  // namespace

Result<ByteArray<32>, Error> key_hash_of(const X509& certificate) {
  uint8_t* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &der);
  if (size <= 0) return openssl_failed("to encode a public key");
  const ByteArray<32> hash = crypto::sha256(ByteView(der, static_cast<size_t>(size)));
  OPENSSL_free(der);
  return hash;
}

Result<std::string, Error> pem_of(const X509& certificate) {
  const crypto::OpensslPointer<BIO, BIO_free_all> memory(BIO_new(BIO_s_mem()));
  char* text = nullptr;
  if (!memory || PEM_write_bio_X509(memory.get(), &certificate) != 1) return openssl_failed("to write a certificate");
  const long size = BIO_get_mem_data(memory.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

Result<ServerIdentity, Error> load_server_identity(Store& store) {
  const auto record = TRY(store.get(RecordKind::kService, kIdentityRecord));
  if (record) return decode_identity(record->bytes);
  const SecretBytes made = TRY(make_identity());
  std::vector<Change> changes;
  changes.push_back({RecordKind::kService, kIdentityRecord, 0, made.copy()});
  TRY_VOID(store.commit(std::move(changes)));
  return decode_identity(made);
}

}  // namespace redoubt::cas
