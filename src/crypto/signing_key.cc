// SPDX-License-Identifier: Apache-2.0
#include "crypto/signing_key.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>

#include "crypto/hash.h"
#include "crypto/openssl_pointers.h"

namespace redoubt::crypto {
namespace {

using Memory = OpensslPointer<BIO, BIO_free_all>;

// A key in a file is never protected by a passphrase; OpenSSL would ask the terminal for one.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

Result<P256SigningKey, Error> P256SigningKey::take(EVP_PKEY* key) {
  std::shared_ptr<EVP_PKEY> owned(key, EVP_PKEY_free);
  ERR_clear_error();
  P256PublicKey public_key = TRY(P256PublicKey::from_openssl(key));
  return P256SigningKey(std::move(owned), std::move(public_key));
}

Result<P256SigningKey, Error> P256SigningKey::generate() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  if (!key) return fail(ErrorCode::kFailed, "the library could not make a key");
  return take(key);
}

Result<P256SigningKey, Error> P256SigningKey::from_pem(ByteView pem) {
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  EVP_PKEY* key = memory ? PEM_read_bio_PrivateKey(memory.get(), nullptr, no_passphrase, nullptr) : nullptr;
  ERR_clear_error();
  if (!key) return fail(ErrorCode::kMalformed, "expected a private key in PEM, not encrypted");
  return take(key);
}

Result<SecretBytes, Error> P256SigningKey::to_pem() const {
  const Memory memory(BIO_new(BIO_s_secmem()));  // wiped when it is freed
  if (!memory || PEM_write_bio_PKCS8PrivateKey(memory.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::kFailed, "the library could not write a key");
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return SecretBytes(std::string_view(text, static_cast<size_t>(size)));
}

Result<ByteArray<kP256SignatureSize>, Error> P256SigningKey::sign(ByteView message) const {
  const Sha256Digest digest = sha256(message);
  const KeyContext context(EVP_PKEY_CTX_new(key_.get(), nullptr));
  uint8_t der[80];  // SEQUENCE of two INTEGERs of at most 33 bytes
  size_t size = sizeof(der);
  const bool made = context && EVP_PKEY_sign_init(context.get()) == 1 &&
                    EVP_PKEY_sign(context.get(), der, &size, digest.data(), digest.size()) == 1;
  const uint8_t* position = der;
  const EcdsaSignature signature(made ? d2i_ECDSA_SIG(nullptr, &position, static_cast<long>(size)) : nullptr);
  ByteArray<kP256SignatureSize> raw;
  const bool good = signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), 32) == 32 &&
                    BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + 32, 32) == 32;
  ERR_clear_error();
  if (!good) return fail(ErrorCode::kFailed, "the library could not sign");
  return raw;
}

}  // namespace redoubt::crypto
