// SPDX-License-Identifier: Apache-2.0
#include "crypto/ecdsa.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <string_view>

#include "crypto/hash.h"
#include "crypto/openssl_pointers.h"

namespace redoubt::crypto {
namespace {

constexpr uint8_t kUncompressedPoint = 4;  // SEC 1, 2.3.3: the octet before x and y

bool is_p256(EVP_PKEY* key) {
  char group[32] = {};
  size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group, sizeof(group), &size) == 1 &&
         std::string_view(group, size) == SN_X9_62_prime256v1;
}

// The DER form that OpenSSL verifies; empty when out of memory.
Bytes der_signature(ByteView r_and_s) {
  const EcdsaSignature signature(ECDSA_SIG_new());
  BigNumber r(BN_bin2bn(r_and_s.data(), 32, nullptr)), s(BN_bin2bn(r_and_s.data() + 32, 32, nullptr));
  if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());  // they belong to the signature
  static_cast<void>(s.release());
  uint8_t* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return {};
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

}  // namespace

Result<P256PublicKey, Error> P256PublicKey::from_coordinates(ByteView x_and_y) {
  if (x_and_y.size() != kP256KeySize) return fail(ErrorCode::kMalformed, "a P-256 key has 64 bytes");
  ByteArray<1 + kP256KeySize> point;
  point[0] = kUncompressedPoint;
  std::ranges::copy(x_and_y, point.begin() + 1);
  char group[] = SN_X9_62_prime256v1;
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end(),
  };
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* made = nullptr;
  const bool done = context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                    EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters) == 1;
  std::shared_ptr<EVP_PKEY> key(made, EVP_PKEY_free);
  ERR_clear_error();
  if (!done || !made) return fail(ErrorCode::kMalformed, "the 64 bytes are no point on P-256");
  ByteArray<kP256KeySize> coordinates;
  std::ranges::copy(x_and_y, coordinates.begin());
  return P256PublicKey(std::move(key), coordinates);
}

Result<P256PublicKey, Error> P256PublicKey::from_openssl(EVP_PKEY* key) {
  if (!key || !is_p256(key)) return fail(ErrorCode::kUnsupported, "expected a key on P-256, found another kind");
  uint8_t point[1 + kP256KeySize] = {};
  size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &size) != 1 ||
      size != sizeof(point) || point[0] != kUncompressedPoint) {
    ERR_clear_error();
    return fail(ErrorCode::kUnsupported, "expected an uncompressed P-256 key");
  }
  EVP_PKEY_up_ref(key);
  ByteArray<kP256KeySize> coordinates;
  std::copy(point + 1, point + sizeof(point), coordinates.begin());
  return P256PublicKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free), coordinates);
}

bool P256PublicKey::verifies(ByteView message, ByteView signature) const {
  if (signature.size() != kP256SignatureSize) return false;
  const Bytes der = der_signature(signature);
  // Over the digest: EVP_DigestVerify would look the hash up by name every time.
  const Sha256Digest digest = sha256(message);
  const KeyContext context(EVP_PKEY_CTX_new(key_.get(), nullptr));
  const bool good = !der.empty() && context && EVP_PKEY_verify_init(context.get()) == 1 &&
                    EVP_PKEY_verify(context.get(), der.data(), der.size(), digest.data(), digest.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace redoubt::crypto
