// SPDX-License-Identifier: Apache-2.0
#include "crypto/private_key.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/openssl_pointers.h"
#include "crypto/openssl_start.h"

namespace redoubt::crypto {
namespace {

using BioPointer = OpensslPointer<BIO, BIO_free_all>;
using Pkcs8Pointer = OpensslPointer<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;  // wipes the key inside

constexpr size_t kP384Number = 48;  // bytes of r and of s

int no_pass_phrase(char*, int, int, void*) { return -1; }

std::unexpected<Error> failed(std::string message) {
  ERR_clear_error();
  return fail(ErrorCode::kFailed, std::move(message));
}

std::unexpected<Error> malformed(std::string message) {
  ERR_clear_error();
  return fail(ErrorCode::kMalformed, std::move(message));
}

bool is_on_curve(const EVP_PKEY* key, std::string_view curve) {
  char name[64] = "";
  size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, name, sizeof(name), &size) == 1 && curve == name;
}

// `write` is an i2d function over `object`: asked for the size first, then for the bytes.
template <typename Buffer, typename T>
Result<Buffer, Error> written(int (*write)(const T*, unsigned char**), const T* object) {
  const int size = write(object, nullptr);
  if (size <= 0) return failed("a key could not be written");
  Buffer bytes(static_cast<size_t>(size));
  uint8_t* out = bytes.data();
  if (write(object, &out) != size) return failed("a key could not be written");
  return bytes;
}

}  // namespace

PrivateKey::PrivateKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {}

Result<PrivateKey, Error> PrivateKey::generate(KeyAlgorithm algorithm) {
  start_openssl();
  EVP_PKEY* key = nullptr;
  switch (algorithm) {
    case KeyAlgorithm::kP256: key = EVP_EC_gen("P-256"); break;
    case KeyAlgorithm::kP384: key = EVP_EC_gen("P-384"); break;
    case KeyAlgorithm::kEd25519: key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"); break;
    case KeyAlgorithm::kRsa2048: key = EVP_RSA_gen(2048); break;
    case KeyAlgorithm::kRsa3072: key = EVP_RSA_gen(3072); break;
  }
  if (key == nullptr) return failed("a key could not be made");
  return PrivateKey(key);
}

Result<PrivateKey, Error> PrivateKey::from_pkcs8(ByteView der) {
  start_openssl();
  const uint8_t* at = der.data();
  const Pkcs8Pointer info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  if (!info || at != der.data() + der.size()) return malformed("not a private key in PKCS #8");
  EVP_PKEY* key = EVP_PKCS82PKEY(info.get());
  if (key == nullptr) return malformed("a private key that OpenSSL does not read");
  return PrivateKey(key);
}

Result<PrivateKey, Error> PrivateKey::from_pem(std::string_view pem) {
  start_openssl();
  const BioPointer bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  EVP_PKEY* key = bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr) : nullptr;
  if (key == nullptr) return malformed("not a private key in PEM without pass phrase");
  return PrivateKey(key);
}

Result<SecretBytes, Error> PrivateKey::pkcs8_der() const {
  const Pkcs8Pointer info(EVP_PKEY2PKCS8(key_.get()));
  if (!info) return failed("a key could not be written as PKCS #8");
  return written<SecretBytes, PKCS8_PRIV_KEY_INFO>(i2d_PKCS8_PRIV_KEY_INFO, info.get());
}

Result<SecretBytes, Error> PrivateKey::traditional_der() const {
  if (traditional_label() == "PRIVATE KEY") return pkcs8_der();
  return written<SecretBytes, EVP_PKEY>(i2d_PrivateKey, key_.get());
}

std::string_view PrivateKey::traditional_label() const {
  if (EVP_PKEY_is_a(key_.get(), "EC") == 1) return "EC PRIVATE KEY";
  if (EVP_PKEY_is_a(key_.get(), "RSA") == 1) return "RSA PRIVATE KEY";
  return "PRIVATE KEY";
}

Result<Bytes, Error> PrivateKey::public_der() const { return written<Bytes, EVP_PKEY>(i2d_PUBKEY, key_.get()); }

bool PrivateKey::is_p384() const { return is_on_curve(key_.get(), "secp384r1"); }
bool PrivateKey::is_rsa() const { return EVP_PKEY_is_a(key_.get(), "RSA") == 1; }

Result<Bytes, Error> PrivateKey::sign_es384(ByteView message) const {
  if (!is_p384()) return fail(ErrorCode::kUnsupported, "ES384 needs a P-384 key");
  const DigestContext context(EVP_MD_CTX_new());
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha384(), nullptr, key_.get()) != 1) {
    return failed("signing failed");
  }
  Bytes der(static_cast<size_t>(EVP_PKEY_get_size(key_.get())));
  size_t size = der.size();
  if (EVP_DigestSign(context.get(), der.data(), &size, message.data(), message.size()) != 1) {
    return failed("signing failed");
  }
  const uint8_t* at = der.data();
  const EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  Bytes raw(2 * kP384Number);
  if (!signature ||
      BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), kP384Number) != static_cast<int>(kP384Number) ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + kP384Number, kP384Number) !=
          static_cast<int>(kP384Number)) {
    return failed("signing failed");
  }
  return raw;
}

Result<Bytes, Error> public_key_from_pem(std::string_view pem) {
  start_openssl();
  const BioPointer bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const KeyPointer key(bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, no_pass_phrase, nullptr) : nullptr);
  if (!key) return malformed("not a public key in PEM (BEGIN PUBLIC KEY)");
  return written<Bytes, EVP_PKEY>(i2d_PUBKEY, key.get());
}

}  // namespace redoubt::crypto
