// SPDX-License-Identifier: Apache-2.0
#include "cas/audit/signing_key.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <algorithm>

#include "crypto/openssl_pointers.h"
#include "crypto/pem.h"

namespace redoubt::cas {
namespace {

constexpr size_t kRawSize = 32;
// RFC 8410: SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING }; the raw key follows.
constexpr uint8_t kSpkiPrefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

}  // namespace

Result<AuditPublicKey, Error> AuditPublicKey::from_raw(ByteView bytes) {
  AuditPublicKey key;
  if (bytes.size() == kRawSize) {
    key.key_.reset(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes.data(), bytes.size()), EVP_PKEY_free);
  }
  if (!key.key_) return fail(ErrorCode::kMalformed, "expected an Ed25519 public key of 32 bytes");
  std::ranges::copy(bytes, key.raw_.begin());
  return key;
}

Result<AuditPublicKey, Error> AuditPublicKey::from_pem(std::string_view pem) {
  const auto blocks = crypto::parse_pem(pem, "PUBLIC KEY");
  const std::string expected = "expected one Ed25519 public key in PEM, as audit.pub has it";
  if (!blocks) return fail(ErrorCode::kMalformed, expected + ": " + blocks.error().message);
  const Bytes& der = blocks->front();
  if (blocks->size() != 1 || der.size() != sizeof(kSpkiPrefix) + kRawSize ||
      !std::equal(std::begin(kSpkiPrefix), std::end(kSpkiPrefix), der.begin())) {
    return fail(ErrorCode::kMalformed, expected);
  }
  return from_raw(ByteView(der).subspan(sizeof(kSpkiPrefix)));
}

std::string AuditPublicKey::pem() const {
  Bytes der(std::begin(kSpkiPrefix), std::end(kSpkiPrefix));
  der.insert(der.end(), raw_.begin(), raw_.end());
  std::string base64(((der.size() + 2) / 3) * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<uint8_t*>(base64.data()), der.data(), static_cast<int>(der.size()));
  base64.resize(static_cast<size_t>(size));
  return "-----BEGIN PUBLIC KEY-----\n" + base64 + "\n-----END PUBLIC KEY-----\n";
}

bool AuditPublicKey::verifies(ByteView message, ByteView signature) const {
  const crypto::DigestContext context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

Result<SecretBytes, Error> AuditSigningKey::generate() {
  SecretBytes bytes(kRawSize);
  if (RAND_priv_bytes(bytes.data(), kRawSize) != 1) return fail(ErrorCode::kFailed, "no random numbers");
  return bytes;
}

Result<AuditSigningKey, Error> AuditSigningKey::from_raw(const SecretBytes& bytes) {
  std::shared_ptr<EVP_PKEY> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes.view().data(), bytes.size()), EVP_PKEY_free);
  ByteArray<kRawSize> raw{};
  size_t size = raw.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size) != 1) {
    return fail(ErrorCode::kMalformed, "the audit key is no Ed25519 key");
  }
  AuditPublicKey public_key = TRY(AuditPublicKey::from_raw(raw));
  return AuditSigningKey(std::move(key), std::move(public_key));
}

Result<AuditSignature, Error> AuditSigningKey::sign(ByteView message) const {
  AuditSignature signature{};
  size_t size = signature.size();
  const crypto::DigestContext context(EVP_MD_CTX_new());
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    return fail(ErrorCode::kFailed, "OpenSSL refused to sign");
  }
  return signature;
}

}  // namespace redoubt::cas
