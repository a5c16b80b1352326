// SPDX-License-Identifier: Apache-2.0
#include "cas/store/sealing.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <string>

#include "crypto/aead.h"
#include "crypto/openssl_pointers.h"

namespace redoubt::cas {
namespace {

using CipherContext = crypto::OpensslPointer<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

constexpr size_t kKeySize = 32;
constexpr int kNonceSize = 12;
constexpr int kTagSize = 16;

std::unexpected<Error> openssl_failed(const char* what) {
  return fail(ErrorCode::kFailed, std::string("OpenSSL refused ") + what);
}

// RFC 5869 with SHA-256.
SecretBytes hkdf(ByteView key, ByteView salt, std::string_view info) {
  SecretBytes derived(kKeySize);
  crypto::hkdf_sha256(key, salt, info, {}, {derived.data(), derived.size()});
  return derived;
}

template <typename Integer>
void append_big_endian(Bytes& bytes, Integer value) {
  for (int shift = (sizeof(value) - 1) * 8; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<uint8_t>(value >> shift));
}

Bytes additional_data(const Place& place) {
  Bytes data = {kSealFormat, place.kind};
  append_big_endian(data, static_cast<uint32_t>(place.name.size()));
  data.insert(data.end(), place.name.begin(), place.name.end());
  append_big_endian(data, place.version);
  return data;
}

Result<SecretBytes, Error> does_not_open() {
  return fail(ErrorCode::kUnauthentic, "a sealed record does not open at its place");
}

}  // namespace

Result<Sealer, Error> Sealer::create(const SecretBytes& root_key, const ByteArray<32>& database_id) {
  Sealer sealer;
  const SecretBytes database_key = hkdf(root_key.view(), database_id, "redoubt cas database 1");
  sealer.place_key_ = hkdf(database_key.view(), {}, "redoubt cas place 1");
  sealer.frame_key_ = hkdf(database_key.view(), {}, "redoubt cas frame 1");
  for (size_t kind = 0; kind < kRecordKinds; ++kind) {
    const std::string info = std::string("redoubt cas kind 1") + static_cast<char>(kind);
    sealer.kind_keys_[kind] = hkdf(database_key.view(), {}, info);
  }
  const SecretBytes check = hkdf(database_key.view(), {}, "redoubt cas key check 1");
  std::ranges::copy(check.view(), sealer.key_check_.begin());
  return sealer;
}

Result<SecretBytes, Error> Sealer::record_key(uint8_t kind, ByteView salt) const {
  if (kind >= kRecordKinds) return does_not_open();  // a row that no CAS wrote
  return hkdf(kind_keys_[kind].view(), salt, "redoubt cas record 1");
}

Result<Bytes, Error> Sealer::seal(const Place& place, ByteView plain) const {
  Bytes sealed(kSealHeaderSize + plain.size());
  sealed[0] = kSealFormat;
  if (RAND_bytes(&sealed[1], kSealTagAt - 1) != 1) return openssl_failed("random numbers");
  const SecretBytes key = TRY(record_key(place.kind, ByteView(sealed).subspan(1, kSealSaltSize)));
  const Bytes data = additional_data(place);
  const CipherContext context(EVP_CIPHER_CTX_new());
  int count = 0;
  if (!context ||
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.view().data(), &sealed[kSealNonceAt]) != 1 ||
      EVP_EncryptUpdate(context.get(), nullptr, &count, data.data(), static_cast<int>(data.size())) != 1 ||
      EVP_EncryptUpdate(context.get(), sealed.data() + kSealHeaderSize, &count, plain.data(),
                        static_cast<int>(plain.size())) != 1 ||
      EVP_EncryptFinal_ex(context.get(), sealed.data() + kSealHeaderSize + count, &count) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, &sealed[kSealTagAt]) != 1) {
    return openssl_failed("to seal a record");
  }
  return sealed;
}

Result<SecretBytes, Error> Sealer::open(const Place& place, ByteView sealed) const {
  if (sealed.size() < kSealHeaderSize || sealed[0] != kSealFormat) return does_not_open();
  const SecretBytes key = TRY(record_key(place.kind, sealed.subspan(1, kSealSaltSize)));
  const Bytes data = additional_data(place);
  const ByteView ciphertext = sealed.subspan(kSealHeaderSize);
  ByteArray<kTagSize> tag;
  std::ranges::copy(sealed.subspan(kSealTagAt, kTagSize), tag.begin());
  const CipherContext context(EVP_CIPHER_CTX_new());
  SecretBytes plain(ciphertext.size());
  int count = 0;
  if (!context ||
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.view().data(), &sealed[kSealNonceAt]) != 1 ||
      EVP_DecryptUpdate(context.get(), nullptr, &count, data.data(), static_cast<int>(data.size())) != 1 ||
      EVP_DecryptUpdate(context.get(), plain.data(), &count, ciphertext.data(), static_cast<int>(ciphertext.size())) !=
          1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) != 1 ||
      EVP_DecryptFinal_ex(context.get(), plain.data() + count, &count) != 1) {
    return does_not_open();
  }
  return plain;
}

Result<ByteArray<32>, Error> Sealer::place_digest(const Place& place, ByteView sealed_header) const {
  if (sealed_header.size() < kSealNonceAt) return fail(ErrorCode::kUnauthentic, "a record is too short to be sealed");
  Bytes message = additional_data(place);
  message.insert(message.end(), sealed_header.begin(), sealed_header.begin() + kSealNonceAt);
  return crypto::hmac_sha256(place_key_.view(), message);
}

ByteArray<32> Sealer::frame_mac(std::initializer_list<ByteView> parts) const {
  Bytes message;
  for (const ByteView part : parts) message.insert(message.end(), part.begin(), part.end());
  return crypto::hmac_sha256(frame_key_.view(), message);
}

}  // namespace redoubt::cas
