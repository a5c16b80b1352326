// SPDX-License-Identifier: Apache-2.0
//
// The algorithms of OpenSSL that the runtime has: what TLS 1.3 needs with the keys that CAS makes (P-256, P-384, Ed25519, RSA) and
// with chains that others made, as server and client, and nothing else. OpenSSL finds algorithms through providers; its default one names everything it has, and a static binary then
// contains everything: three megabytes that LAS would have to hash at every start, a hundred pages to relocate in every image,
// and code that a hostile peer could reach. This provider names the same implementations, some thirty of them.
//
// The names below that begin with ossl_ are the implementations inside libcrypto.a, which its headers do not declare.
// The one other thing a provider of the built-in kind owes OpenSSL is its context: made as ossl_default_provider_init does.
//
// Random numbers do not come from a provider: openssl_start.cc installs the host's getrandom. A generator with a state of its
// own would be copied by fork.
#include "shim/attested/crypto_provider.h"

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/tls1.h>

#include <initializer_list>

extern "C" {
// providers/implementations/include/prov/implementations.h
extern const OSSL_DISPATCH ossl_sha1_functions[], ossl_sha256_functions[], ossl_sha384_functions[],
    ossl_sha512_functions[], ossl_hmac_functions[], ossl_kdf_hkdf_functions[], ossl_kdf_tls1_3_kdf_functions[],
    ossl_aes128gcm_functions[], ossl_aes256gcm_functions[], ossl_chacha20_ossl_poly1305_functions[],
    ossl_ec_keymgmt_functions[], ossl_x25519_keymgmt_functions[], ossl_ed25519_keymgmt_functions[],
    ossl_rsa_keymgmt_functions[], ossl_rsapss_keymgmt_functions[], ossl_ecdh_keyexch_functions[],
    ossl_x25519_keyexch_functions[], ossl_ecdsa_signature_functions[], ossl_ed25519_signature_functions[],
    ossl_rsa_signature_functions[], ossl_SubjectPublicKeyInfo_der_to_ec_decoder_functions[],
    ossl_SubjectPublicKeyInfo_der_to_ed25519_decoder_functions[],
    ossl_SubjectPublicKeyInfo_der_to_rsa_decoder_functions[],
    ossl_SubjectPublicKeyInfo_der_to_rsapss_decoder_functions[], ossl_PrivateKeyInfo_der_to_ec_decoder_functions[],
    ossl_PrivateKeyInfo_der_to_ed25519_decoder_functions[], ossl_PrivateKeyInfo_der_to_rsa_decoder_functions[],
    ossl_type_specific_no_pub_der_to_ec_decoder_functions[], ossl_type_specific_keypair_der_to_rsa_decoder_functions[];
// providers/common/include/prov/provider_ctx.h, prov/bio.h
struct prov_ctx_st* ossl_prov_ctx_new();
void ossl_prov_ctx_free(struct prov_ctx_st*);
void ossl_prov_ctx_set0_libctx(struct prov_ctx_st*, OSSL_LIB_CTX*);
void ossl_prov_ctx_set0_handle(struct prov_ctx_st*, const OSSL_CORE_HANDLE*);
void ossl_prov_ctx_set0_core_bio_method(struct prov_ctx_st*, struct bio_method_st*);
struct bio_method_st* ossl_prov_ctx_get0_core_bio_method(struct prov_ctx_st*);
struct bio_method_st* ossl_bio_prov_init_bio_method();
int ossl_prov_bio_from_dispatch(const OSSL_DISPATCH*);
}

namespace redoubt::shim::attested {
namespace {

constexpr char kProperty[] = "provider=redoubt";
// What a decoder reads.
constexpr char kPublic[] = "provider=redoubt,input=der,structure=SubjectPublicKeyInfo";
constexpr char kPrivate[] = "provider=redoubt,input=der,structure=PrivateKeyInfo";
constexpr char kTraditional[] = "provider=redoubt,input=der,structure=type-specific";

constexpr char kEc[] = "EC:id-ecPublicKey:1.2.840.10045.2.1";
constexpr char kEd25519[] = "ED25519:1.3.101.112";
constexpr char kX25519[] = "X25519:1.3.101.110";
constexpr char kRsa[] = "RSA:rsaEncryption:1.2.840.113549.1.1.1";
constexpr char kRsaPss[] = "RSA-PSS:RSASSA-PSS:1.2.840.113549.1.1.10";

constexpr OSSL_ALGORITHM kEnd = {nullptr, nullptr, nullptr, nullptr};
#define ALGORITHM(names, functions) \
  { names, kProperty, functions, nullptr }

const OSSL_ALGORITHM kDigests[] = {
    ALGORITHM("SHA1:SHA-1:SSL3-SHA1:1.3.14.3.2.26", ossl_sha1_functions),  // X509 fingerprints
    ALGORITHM("SHA2-256:SHA-256:SHA256:2.16.840.1.101.3.4.2.1", ossl_sha256_functions),
    ALGORITHM("SHA2-384:SHA-384:SHA384:2.16.840.1.101.3.4.2.2", ossl_sha384_functions),
    ALGORITHM("SHA2-512:SHA-512:SHA512:2.16.840.1.101.3.4.2.3", ossl_sha512_functions),
    kEnd,
};
const OSSL_ALGORITHM kCiphers[] = {
    ALGORITHM("AES-256-GCM:id-aes256-GCM:2.16.840.1.101.3.4.1.46", ossl_aes256gcm_functions),
    ALGORITHM("AES-128-GCM:id-aes128-GCM:2.16.840.1.101.3.4.1.6", ossl_aes128gcm_functions),
    ALGORITHM("ChaCha20-Poly1305", ossl_chacha20_ossl_poly1305_functions),
    kEnd,
};
const OSSL_ALGORITHM kMacs[] = {ALGORITHM("HMAC", ossl_hmac_functions), kEnd};
const OSSL_ALGORITHM kKeyDerivations[] = {
    ALGORITHM("HKDF", ossl_kdf_hkdf_functions),
    ALGORITHM("TLS13-KDF", ossl_kdf_tls1_3_kdf_functions),
    kEnd,
};
const OSSL_ALGORITHM kKeyManagement[] = {
    ALGORITHM(kEc, ossl_ec_keymgmt_functions),           ALGORITHM(kX25519, ossl_x25519_keymgmt_functions),
    ALGORITHM(kEd25519, ossl_ed25519_keymgmt_functions), ALGORITHM(kRsa, ossl_rsa_keymgmt_functions),
    ALGORITHM(kRsaPss, ossl_rsapss_keymgmt_functions),   kEnd,
};
const OSSL_ALGORITHM kKeyExchanges[] = {
    ALGORITHM("ECDH", ossl_ecdh_keyexch_functions),
    ALGORITHM(kX25519, ossl_x25519_keyexch_functions),
    kEnd,
};
const OSSL_ALGORITHM kSignatures[] = {
    ALGORITHM("ECDSA", ossl_ecdsa_signature_functions),
    ALGORITHM(kEd25519, ossl_ed25519_signature_functions),
    ALGORITHM(kRsa, ossl_rsa_signature_functions),
    kEnd,
};
const OSSL_ALGORITHM kDecoders[] = {
    {kEc, kPublic, ossl_SubjectPublicKeyInfo_der_to_ec_decoder_functions, nullptr},
    {kEd25519, kPublic, ossl_SubjectPublicKeyInfo_der_to_ed25519_decoder_functions, nullptr},
    {kRsa, kPublic, ossl_SubjectPublicKeyInfo_der_to_rsa_decoder_functions, nullptr},
    {kRsaPss, kPublic, ossl_SubjectPublicKeyInfo_der_to_rsapss_decoder_functions, nullptr},
    {kEc, kPrivate, ossl_PrivateKeyInfo_der_to_ec_decoder_functions, nullptr},
    {kEd25519, kPrivate, ossl_PrivateKeyInfo_der_to_ed25519_decoder_functions, nullptr},
    {kRsa, kPrivate, ossl_PrivateKeyInfo_der_to_rsa_decoder_functions, nullptr},
    {kEc, kTraditional, ossl_type_specific_no_pub_der_to_ec_decoder_functions, nullptr},
    {kRsa, kTraditional, ossl_type_specific_keypair_der_to_rsa_decoder_functions, nullptr},
    kEnd,
};
#undef ALGORITHM

const OSSL_ALGORITHM* query(void*, int operation, int* no_cache) {
  *no_cache = 0;
  switch (operation) {
    case OSSL_OP_DIGEST: return kDigests;
    case OSSL_OP_CIPHER: return kCiphers;
    case OSSL_OP_MAC: return kMacs;
    case OSSL_OP_KDF: return kKeyDerivations;
    case OSSL_OP_KEYMGMT: return kKeyManagement;
    case OSSL_OP_KEYEXCH: return kKeyExchanges;
    case OSSL_OP_SIGNATURE: return kSignatures;
    case OSSL_OP_DECODER: return kDecoders;
    default: return nullptr;
  }
}

struct Group {
  const char *name, *internal, *algorithm;
  unsigned int id;  // RFC 8446, 4.2.7
  unsigned int bits;
};
constexpr Group kGroups[] = {
    {"x25519", "X25519", "X25519", 29, 128},   {"secp256r1", "prime256v1", "EC", 23, 128},
    {"P-256", "prime256v1", "EC", 23, 128},  // the names that most people know
    {"secp384r1", "secp384r1", "EC", 24, 192}, {"P-384", "secp384r1", "EC", 24, 192},
};

OSSL_PARAM text(const char* key, const char* value) {
  return OSSL_PARAM_construct_utf8_string(key, const_cast<char*>(value), 0);
}

// The groups for key agreement, provider-base(7), "TLS-GROUP".
int capabilities(void*, const char* capability, OSSL_CALLBACK* give, void* argument) {
  if (OPENSSL_strcasecmp(capability, "TLS-GROUP") != 0) return 0;
  int least = TLS1_VERSION, most = 0, least_dtls = -1, most_dtls = -1;
  unsigned int is_kem = 0;
  for (Group each : kGroups) {
    const OSSL_PARAM group[] = {
        text(OSSL_CAPABILITY_TLS_GROUP_NAME, each.name),
        text(OSSL_CAPABILITY_TLS_GROUP_NAME_INTERNAL, each.internal),
        text(OSSL_CAPABILITY_TLS_GROUP_ALG, each.algorithm),
        OSSL_PARAM_construct_uint(OSSL_CAPABILITY_TLS_GROUP_ID, &each.id),
        OSSL_PARAM_construct_uint(OSSL_CAPABILITY_TLS_GROUP_SECURITY_BITS, &each.bits),
        OSSL_PARAM_construct_uint(OSSL_CAPABILITY_TLS_GROUP_IS_KEM, &is_kem),
        OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_GROUP_MIN_TLS, &least),
        OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_GROUP_MAX_TLS, &most),
        OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_GROUP_MIN_DTLS, &least_dtls),
        OSSL_PARAM_construct_int(OSSL_CAPABILITY_TLS_GROUP_MAX_DTLS, &most_dtls),
        OSSL_PARAM_construct_end(),
    };
    if (give(group, argument) == 0) return 0;
  }
  return 1;
}

void tear_down(void* context) {
  auto* provider = static_cast<prov_ctx_st*>(context);
  BIO_meth_free(ossl_prov_ctx_get0_core_bio_method(provider));
  ossl_prov_ctx_free(provider);
}

template <typename Function>
constexpr OSSL_DISPATCH offers(int id, Function* function) {
  return {id, reinterpret_cast<void (*)()>(function)};
}

int start(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH* core, const OSSL_DISPATCH** out, void** context) {
  static const OSSL_DISPATCH kFunctions[] = {
      offers(OSSL_FUNC_PROVIDER_TEARDOWN, tear_down),
      offers(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
      offers(OSSL_FUNC_PROVIDER_GET_CAPABILITIES, capabilities),
      {0, nullptr},
  };
  if (ossl_prov_bio_from_dispatch(core) == 0) return 0;
  OSSL_FUNC_core_get_libctx_fn* library_context = nullptr;
  for (; core->function_id != 0; ++core) {
    if (core->function_id == OSSL_FUNC_CORE_GET_LIBCTX) library_context = OSSL_FUNC_core_get_libctx(core);
  }
  prov_ctx_st* made = library_context == nullptr ? nullptr : ossl_prov_ctx_new();
  if (made == nullptr) return 0;
  ossl_prov_ctx_set0_libctx(made, reinterpret_cast<OSSL_LIB_CTX*>(library_context(handle)));
  ossl_prov_ctx_set0_handle(made, handle);
  ossl_prov_ctx_set0_core_bio_method(made, ossl_bio_prov_init_bio_method());
  *context = made;
  *out = kFunctions;
  return 1;
}

}  // namespace

bool load_crypto_provider() {
  // A certificate's strength is asked for by the number of its digest, through this older table.
  for (const EVP_MD* digest : {EVP_sha256(), EVP_sha384(), EVP_sha512()}) {
    if (EVP_add_digest(digest) != 1) return false;
  }
  return OSSL_PROVIDER_add_builtin(nullptr, "redoubt", start) == 1 && OSSL_PROVIDER_load(nullptr, "redoubt") != nullptr;
}

}  // namespace redoubt::shim::attested

// OpenSSL's own list of what is built in: empty, so that nothing else can be loaded or fallen back to.
// crypto/provider_local.h: entries of name, path, initialiser, parameters and a flag; the one without a name is the end.
extern "C" {
struct RedoubtProviderInfo {
  const char* name;
  const char* path;
  void* init;
  void* parameters;
  unsigned is_fallback;
};
extern const RedoubtProviderInfo ossl_predefined_providers[];
const RedoubtProviderInfo ossl_predefined_providers[] = {{}};
}
