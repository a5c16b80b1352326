// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/public_keys.h"

#include <openssl/pem.h>

#include "crypto/hash.h"
#include "crypto/hex.h"
#include "crypto/openssl_pointers.h"

namespace redoubt::cas {
namespace {

using Bio = crypto::OpensslPointer<BIO, BIO_free_all>;

// Nobody is asked for a pass phrase.
int no_password(char*, int, int, void*) { return -1; }

Bio reader_of(std::string_view text) {
  if (text.size() > INT32_MAX) return Bio();
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::optional<KeyHash> key_hash_of(const X509* certificate) {
  if (certificate == nullptr) return std::nullopt;
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return std::nullopt;
  const KeyHash hash = key_hash_of_public_key_der({der, static_cast<size_t>(size)});
  OPENSSL_free(der);
  return hash;
}

crypto::KeyPointer public_key_from_pem(std::string_view pem) {
  const Bio bio = reader_of(pem);
  return crypto::KeyPointer(bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, no_password, nullptr) : nullptr);
}

// The digest that a board's key signs with: none for Ed25519, which hashes by itself. nullopt: no key of a board.
std::optional<const EVP_MD*> digest_for(const EVP_PKEY* key) {
  const int type = EVP_PKEY_get_id(key);
  if (type == EVP_PKEY_ED25519) return nullptr;
  if (type == EVP_PKEY_EC && EVP_PKEY_get_bits(key) == 384) return EVP_sha384();
  return std::nullopt;
}

}  // namespace

std::optional<KeyHash> key_hash_of_certificate_pem(std::string_view pem) {
  const Bio bio = reader_of(pem);
  if (!bio) return std::nullopt;
  const crypto::X509Pointer certificate(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
  return key_hash_of(certificate.get());
}

std::optional<KeyHash> key_hash_of_certificate_der(ByteView der) {
  const unsigned char* at = der.data();
  const crypto::X509Pointer certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  return key_hash_of(certificate.get());
}

std::optional<KeyHash> key_hash_of_public_key_pem(std::string_view pem) {
  const crypto::KeyPointer key = public_key_from_pem(pem);
  if (!key) return std::nullopt;
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  if (size <= 0) return std::nullopt;
  const KeyHash hash = key_hash_of_public_key_der({der, static_cast<size_t>(size)});
  OPENSSL_free(der);
  return hash;
}

KeyHash key_hash_of_public_key_der(ByteView spki) { return crypto::to_hex(crypto::sha256(spki)); }

bool signature_verifies(std::string_view public_key_pem, ByteView message, ByteView signature) {
  const crypto::KeyPointer key = public_key_from_pem(public_key_pem);
  if (!key) return false;
  const auto digest = digest_for(key.get());
  const crypto::DigestContext context(EVP_MD_CTX_new());
  return digest && context && EVP_DigestVerifyInit(context.get(), nullptr, *digest, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

}  // namespace redoubt::cas
