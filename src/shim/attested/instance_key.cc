// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/instance_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include <memory>

#include "shim/memory/sealed.h"

namespace redoubt::shim::attested {
namespace {

using KeyContext = std::unique_ptr<EVP_PKEY_CTX, void (*)(EVP_PKEY_CTX*)>;
using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
using Number = std::unique_ptr<BIGNUM, void (*)(BIGNUM*)>;

Key generate() {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr), EVP_PKEY_CTX_free);
  char group[] = "P-256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                                   OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (context != nullptr && EVP_PKEY_keygen_init(context.get()) == 1 &&
      EVP_PKEY_CTX_set_params(context.get(), parameters) == 1) {
    EVP_PKEY_generate(context.get(), &key);
  }
  return {key, EVP_PKEY_free};
}

bool write(const EVP_PKEY* key, InstanceKey& to) {
  uint8_t point[1 + sizeof(to.public_key)];
  size_t point_size = 0;
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &point_size) != 1 ||
      point_size != sizeof(point) || point[0] != 0x04) {  // uncompressed, SEC 1, 2.3.3
    return false;
  }
  memcpy(to.public_key, point + 1, sizeof(to.public_key));
  BIGNUM* scalar = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) != 1) return false;
  const Number owner(scalar, BN_clear_free);
  return BN_bn2binpad(scalar, to.private_key, sizeof(to.private_key)) == sizeof(to.private_key);
}

Key as_openssl(const InstanceKey& key) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr), EVP_PKEY_CTX_free);
  char group[] = "P-256";
  uint8_t point[1 + sizeof(key.public_key)] = {0x04};
  memcpy(point + 1, key.public_key, sizeof(key.public_key));
  uint8_t scalar[sizeof(key.private_key)];  // OpenSSL's integers are in the machine's order
  for (size_t i = 0; i < sizeof(scalar); ++i) scalar[i] = key.private_key[sizeof(scalar) - 1 - i];
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                             OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
                             OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar, sizeof(scalar)),
                             OSSL_PARAM_construct_end()};
  EVP_PKEY* made = nullptr;
  if (context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1) {
    EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, parameters);
  }
  explicit_bzero(scalar, sizeof(scalar));
  return {made, EVP_PKEY_free};
}

}  // namespace

std::optional<ByteArray<64>> sign(const InstanceKey& key, ByteView message) {
  using DigestContext = std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)>;
  using Signature = std::unique_ptr<ECDSA_SIG, void (*)(ECDSA_SIG*)>;
  const Key own = as_openssl(key);
  const DigestContext context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  uint8_t encoded[80];  // Ecdsa-Sig-Value, RFC 3279, 2.2.3: at most 72
  size_t size = sizeof(encoded);
  if (own == nullptr || context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, own.get()) != 1 ||
      EVP_DigestSign(context.get(), encoded, &size, message.data(), message.size()) != 1) {
    return {};
  }
  const uint8_t* at = encoded;
  const Signature parts(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)), ECDSA_SIG_free);
  ByteArray<64> signature{};
  if (parts == nullptr || BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), signature.data(), 32) != 32 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), signature.data() + 32, 32) != 32) {
    return {};
  }
  return signature;
}

Result<InstanceKey*> allocate_instance_key() {
  return reinterpret_cast<InstanceKey*>(TRY(sealed::map(sizeof(InstanceKey), true)).data());
}

Outcome<InstanceKey*> make_instance_key() {
  const auto memory = allocate_instance_key();
  const Key key = generate();
  if (!memory || key == nullptr || !write(key.get(), **memory)) {
    return failed("key.instance", "a key in sealed memory",
                  memory ? "OpenSSL could not make it" : name_of(memory.error()),
                  "raise the limit on locked memory (ulimit -l) to 8192 or more");
  }
  return *memory;
}

}  // namespace redoubt::shim::attested
