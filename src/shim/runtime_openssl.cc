// SPDX-License-Identifier: Apache-2.0
//
// What OpenSSL would drag into the runtime, cut off: the counterpart of runtime_libc.cc for libcrypto.a and libssl.a.
//
// The runtime uses OpenSSL for one TLS 1.3 connection as a client and for one key. The archives reach much more from there by
// name: configuration files, loadable modules, engines, certificate directories, sockets and resolvers, prompts, and every
// algorithm and file format they know. Each name below stands where a kept archive member refers to one that must not come
// along; the linker then has no reason to take it, and tools/check-runtime-binary proves that it worked. None of them is
// reached by what attested/ does with OpenSSL. One that is reached all the same answers as OpenSSL's own does when it fails:
//
//   NOTHING    a function: 0, which is false, "none", or a null pointer
//   DONE       a function whose caller stops unless it says 1, and for which nothing is to be done
//   EMPTY      a table: zeroes, which is the end of a table and an object without functions
//
// A member that a later OpenSSL refers to in addition shows as "multiple definition" or as a finding of the check. The names
// have no declarations here: the archives' own headers are private, and a type would have to be invented for each.
#include <openssl/obj_mac.h>

#include <cstddef>
#include <string_view>

#define NOTHING(name)     \
  extern "C" long name(); \
  long name() { return 0; }
#define DONE(name)        \
  extern "C" long name(); \
  long name() { return 1; }
#define EMPTY(name)                      \
  extern "C" const unsigned char name[]; \
  alignas(16) const unsigned char name[512] = {};

// clang-format off

// --- OpenSSL's configuration file and the loading of modules, engines and libraries: what OPENSSL_CONF and OPENSSL_ENGINES reach ---

NOTHING(CONF_get_section) NOTHING(CONF_get_string) NOTHING(CONF_imodule_get_value) NOTHING(CONF_modules_load_file_ex)
NOTHING(CONF_set_nconf) NOTHING(DSO_bind_func) NOTHING(DSO_convert_filename) NOTHING(DSO_ctrl)
NOTHING(DSO_free) NOTHING(DSO_get_filename) NOTHING(DSO_load) NOTHING(DSO_merge) NOTHING(DSO_new) NOTHING(ENGINE_by_id)
NOTHING(ENGINE_finish) NOTHING(ENGINE_free) NOTHING(ENGINE_get_EC) NOTHING(ENGINE_get_RAND) NOTHING(ENGINE_get_cipher)
NOTHING(ENGINE_get_cipher_engine) NOTHING(ENGINE_get_default_EC) NOTHING(ENGINE_get_default_RAND)
NOTHING(ENGINE_get_digest) NOTHING(ENGINE_get_digest_engine) NOTHING(ENGINE_get_id) NOTHING(ENGINE_get_pkey_meth)
NOTHING(ENGINE_get_pkey_meth_engine) NOTHING(ENGINE_get_ssl_client_cert_function) NOTHING(ENGINE_init)
NOTHING(ENGINE_load_ssl_client_cert) NOTHING(ENGINE_register_all_complete) NOTHING(NCONF_free)
NOTHING(NCONF_get0_libctx) NOTHING(NCONF_get_section) NOTHING(NCONF_get_string) NOTHING(NCONF_new)
NOTHING(OSSL_CMP_log_close) NOTHING(engine_cleanup_int) NOTHING(engine_load_afalg_int) NOTHING(engine_load_dynamic_int)
NOTHING(engine_load_openssl_int) NOTHING(engine_load_padlock_int) NOTHING(ossl_config_modules_free)
NOTHING(ossl_no_config_int) NOTHING(ssl_ctx_system_config)
DONE(CONF_module_add) DONE(ossl_config_int)

// --- files, directories and stores of certificates ---

NOTHING(ASN1_i2d_bio) NOTHING(ASN1_i2d_fp) 
NOTHING(ASN1_item_i2d_bio)
NOTHING(ASN1_item_i2d_fp) NOTHING(BIO_new_file) NOTHING(BIO_new_fp) NOTHING(BIO_s_file) NOTHING(OSSL_STORE_INFO_free)
NOTHING(OSSL_STORE_INFO_get0_CERT) NOTHING(OSSL_STORE_INFO_get0_NAME) NOTHING(OSSL_STORE_INFO_get_type)
NOTHING(OSSL_STORE_close) NOTHING(OSSL_STORE_eof) NOTHING(OSSL_STORE_error) NOTHING(OSSL_STORE_load)
NOTHING(OSSL_STORE_open)  NOTHING(X509_LOOKUP_file) NOTHING(X509_LOOKUP_hash_dir)
NOTHING(X509_LOOKUP_store) NOTHING(ossl_store_cleanup_int)
DONE(ossl_store_loader_store_cache_flush) DONE(ossl_store_loader_store_remove_all_provided)

// --- sockets and names of its own, and HTTP ---

NOTHING(BIO_ADDR_clear) NOTHING(BIO_ADDR_free) NOTHING(BIO_ADDR_new) NOTHING(BIO_s_socket) NOTHING(BIO_socket_wait)
NOTHING(OSSL_HTTP_get) NOTHING(bio_sock_cleanup_int)

// --- questions to a person at a terminal ---

NOTHING(UI_UTIL_wrap_read_pem_callback) NOTHING(UI_add_input_string) NOTHING(UI_add_user_data)
NOTHING(UI_add_verify_string) NOTHING(UI_construct_prompt) NOTHING(UI_destroy_method) NOTHING(UI_free)
NOTHING(UI_get_result_length) NOTHING(UI_new) NOTHING(UI_process) NOTHING(UI_set_method)

NOTHING(EVP_BytesToKey) NOTHING(EVP_get_pw_prompt) NOTHING(EVP_read_pw_string_min) NOTHING(EVP_read_pw_string)

// --- other threads, compression, texts of errors ---

NOTHING(ASYNC_WAIT_CTX_free) NOTHING(ASYNC_WAIT_CTX_get_all_fds) NOTHING(ASYNC_WAIT_CTX_get_changed_fds)
NOTHING(ASYNC_WAIT_CTX_get_status) NOTHING(ASYNC_WAIT_CTX_new) NOTHING(ASYNC_WAIT_CTX_set_callback)
NOTHING(ASYNC_get_current_job) NOTHING(ASYNC_start_job) NOTHING(COMP_CTX_free) NOTHING(COMP_CTX_get_method)
NOTHING(COMP_CTX_new) NOTHING(COMP_compress_block) NOTHING(COMP_expand_block) NOTHING(COMP_get_name)
NOTHING(COMP_get_type) NOTHING(COMP_zlib) NOTHING(async_deinit) NOTHING(ossl_comp_zlib_cleanup)
DONE(async_init) DONE(ossl_err_load_crypto_strings)

// --- random numbers of its own: attested/openssl_start.cc has the host's ---

NOTHING(ossl_pool_acquire_entropy) NOTHING(ossl_pool_add_nonce_data) NOTHING(ossl_rand_pool_cleanup)
NOTHING(ossl_rand_pool_keep_random_devices_open)
DONE(ossl_rand_pool_init)

// --- tables of algorithms, and algorithms that crypto_provider.cc does not have ---

NOTHING(DH_free) NOTHING(DH_get0_g) NOTHING(DH_get0_p) NOTHING(DH_get0_priv_key) NOTHING(DH_get0_pub_key)
NOTHING(DH_get0_q) NOTHING(DH_get_nid) NOTHING(DH_up_ref) NOTHING(DSA_free) NOTHING(DSA_get0_g) NOTHING(DSA_get0_p)
NOTHING(DSA_get0_pqg) NOTHING(DSA_get0_pub_key) NOTHING(DSA_get0_q) NOTHING(DSA_new) NOTHING(DSA_up_ref)
NOTHING(EC_GF2m_simple_method) NOTHING(EC_GFp_nistp224_method) NOTHING(EC_GFp_nistp521_method)
NOTHING(EC_nistp224_pre_comp_dup) NOTHING(EC_nistp224_pre_comp_free) NOTHING(EC_nistp256_pre_comp_dup)
NOTHING(EC_nistp256_pre_comp_free) NOTHING(EC_nistp521_pre_comp_dup) NOTHING(EC_nistp521_pre_comp_free)
NOTHING(EVP_PBE_cleanup) NOTHING(EVP_PKEY_CTX_set_dh_pad) 
NOTHING(EVP_PKEY_asn1_get0) NOTHING(EVP_PKEY_asn1_get0_info) NOTHING(EVP_PKEY_asn1_get_count) NOTHING(d2i_DHparams) NOTHING(d2i_DHxparams) NOTHING(d2i_DSAPrivateKey) NOTHING(d2i_DSAPublicKey)
NOTHING(d2i_DSAparams) NOTHING(i2d_DSAPrivateKey)
NOTHING(i2d_DSAPublicKey) NOTHING(ossl_dh_gen_type_id2name) NOTHING(ossl_dh_is_foreign)
NOTHING(ossl_dh_is_named_safe_prime_group) NOTHING(ossl_dh_key2buf) NOTHING(ossl_dh_key_from_pkcs8)
NOTHING(ossl_dh_pkey_method) NOTHING(ossl_dh_set0_libctx) NOTHING(ossl_dhx_pkey_method) NOTHING(ossl_dsa_is_foreign)
NOTHING(ossl_dsa_key_from_pkcs8) NOTHING(ossl_dsa_pkey_method) NOTHING(ossl_dsa_set0_libctx)
NOTHING(ossl_ec_GF2m_simple_oct2point) NOTHING(ossl_ec_GF2m_simple_point2oct)
NOTHING(ossl_ec_GF2m_simple_set_compressed_coordinates) NOTHING(ossl_ec_pkey_method) NOTHING(ossl_ffc_named_group_get_name) NOTHING(ossl_ffc_uid_to_dh_named_group)
NOTHING(ossl_rsa_pkey_method)
NOTHING(ossl_rsa_pss_pkey_method)
NOTHING(ossl_sm2_key_private_check)
NOTHING(srp_generate_client_master_secret) NOTHING(srp_generate_server_master_secret) NOTHING(srp_verify_server_param)
NOTHING(ssl_srp_calc_a_param_intern) NOTHING(ssl_srp_server_param_with_username_intern)
DONE(openssl_add_all_ciphers_int) DONE(openssl_add_all_digests_int) DONE(ssl_ctx_srp_ctx_free_intern)
DONE(ssl_ctx_srp_ctx_init_intern) DONE(ssl_srp_ctx_free_intern) DONE(ssl_srp_ctx_init_intern)
EMPTY(ossl_bignum_modp_1536_p) EMPTY(ossl_bignum_modp_2048_p) EMPTY(ossl_bignum_modp_3072_p)
EMPTY(ossl_bignum_modp_4096_p) EMPTY(ossl_bignum_modp_6144_p) EMPTY(ossl_bignum_modp_8192_p)
EMPTY(ossl_dh_keymgmt_functions) EMPTY(ossl_dhx_keymgmt_functions) EMPTY(ossl_dsa_keymgmt_functions)

// --- parts of RSA, Ed25519's and X25519's archive members that TLS 1.3 has no use for: making keys, older paddings, curve 448 ---

NOTHING(ENGINE_get_RSA) NOTHING(ENGINE_get_default_RSA) NOTHING(RSA_generate_multi_prime_key) NOTHING(RSA_generate_key_ex)
NOTHING(RSA_padding_add_X931) NOTHING(RSA_padding_check_X931) NOTHING(RSA_X931_hash_id)
NOTHING(ossl_rsa_check_public_exponent) NOTHING(ossl_rsa_sp800_56b_check_keypair)
NOTHING(ossl_rsa_sp800_56b_check_private) NOTHING(ossl_rsa_sp800_56b_check_public)
NOTHING(ossl_rsa_sp800_56b_validate_strength)
NOTHING(ossl_rsa_validate_public) NOTHING(ossl_rsa_validate_private) NOTHING(ossl_rsa_validate_pairwise) NOTHING(RSA_check_key_ex)
NOTHING(ossl_x448) NOTHING(ossl_x448_public_from_private) NOTHING(ossl_ed448_sign) NOTHING(ossl_ed448_verify)
NOTHING(ossl_ed448_public_from_private) NOTHING(X509_signature_dump) NOTHING(EVP_md_null) NOTHING(EVP_md5)

// --- private keys that are encrypted, in PEM, or to be written ---

NOTHING(PEM_ASN1_read_bio) NOTHING(PEM_ASN1_write_bio) NOTHING(PEM_read_bio_X509) NOTHING(PEM_read_bio_X509_AUX)
NOTHING(PEM_read_bio) NOTHING(PEM_ASN1_read) NOTHING(PEM_ASN1_write) NOTHING(PEM_read_bio_PrivateKey) NOTHING(PEM_read_bio_PrivateKey_ex)
NOTHING(PKCS8_decrypt) NOTHING(PKCS8_encrypt) NOTHING(PEM_write_bio_PKCS8PrivateKey) NOTHING(EVP_PKCS82PKEY)
NOTHING(EVP_PKCS82PKEY_ex) NOTHING(OSSL_ENCODER_CTX_set_cipher) NOTHING(OSSL_ENCODER_CTX_set_passphrase)
NOTHING(OSSL_ENCODER_CTX_set_passphrase_cb) NOTHING(OSSL_ENCODER_CTX_set_pem_password_cb)
NOTHING(OSSL_ENCODER_CTX_set_passphrase_ui)

// --- formats that a TLS client does not read: private keys, PKCS 7 and 12, OCSP, CT logs, encoders ---

NOTHING(CTLOG_STORE_free) NOTHING(CTLOG_STORE_get0_log_by_id) NOTHING(CTLOG_STORE_load_default_file)
NOTHING(CTLOG_STORE_load_file) NOTHING(CTLOG_get0_name) NOTHING(CTLOG_get0_public_key) NOTHING(CT_POLICY_EVAL_CTX_free)
NOTHING(CT_POLICY_EVAL_CTX_new_ex) NOTHING(CT_POLICY_EVAL_CTX_set1_cert) NOTHING(CT_POLICY_EVAL_CTX_set1_issuer)
NOTHING(CT_POLICY_EVAL_CTX_set_shared_CTLOG_STORE) NOTHING(CT_POLICY_EVAL_CTX_set_time) NOTHING(EVP_PKEY2PKCS8)
NOTHING(OCSP_BASICRESP_free) NOTHING(OCSP_CRLID_it) NOTHING(OCSP_RESPID_free) NOTHING(OCSP_RESPONSE_free)
NOTHING(OCSP_SERVICELOC_it) NOTHING(OCSP_SINGLERESP_get1_ext_d2i) NOTHING(OCSP_resp_count) NOTHING(OCSP_resp_get0)
NOTHING(OCSP_response_get1_basic) NOTHING(OPENSSL_DIR_end) NOTHING(OPENSSL_DIR_read) NOTHING(OSSL_ENCODER_CTX_free)
NOTHING(OSSL_ENCODER_CTX_get_num_encoders) NOTHING(OSSL_ENCODER_CTX_new_for_pkey) NOTHING(OSSL_ENCODER_to_bio)
NOTHING(OSSL_ENCODER_to_data) NOTHING(PKCS7_ISSUER_AND_SERIAL_it) NOTHING(PKCS7_it) 
NOTHING(SCT_CTX_free) NOTHING(SCT_CTX_new)
NOTHING(SCT_CTX_set1_cert) NOTHING(SCT_CTX_set1_issuer_pubkey) NOTHING(SCT_CTX_set1_pubkey) NOTHING(SCT_CTX_set_time)
NOTHING(SCT_CTX_verify) NOTHING(d2i_OCSP_RESPID)
NOTHING(d2i_OCSP_RESPONSE) NOTHING(evp_pkcs82pkey_legacy) NOTHING(i2d_OCSP_RESPID)
NOTHING(ossl_pkcs7_resolve_libctx)
DONE(ossl_encoder_store_cache_flush) DONE(ossl_encoder_store_remove_all_provided)

    // clang-format on

    extern "C" {
  void* bio_lookup_lock = nullptr;  // of BIO_lookup, which is not there

  // The kinds of keys. OpenSSL has a table of all that it knows.
  extern const unsigned char ossl_eckey_asn1_meth[], ossl_ed25519_asn1_meth[], ossl_rsa_asn1_meths[],
      ossl_rsa_pss_asn1_meth[];
  struct RedoubtKeyKind {
    int type;
    std::string_view name;
    const void* methods;
  };
  static const RedoubtKeyKind kKeyKinds[] = {
      {NID_X9_62_id_ecPublicKey, "EC", ossl_eckey_asn1_meth},
      {NID_ED25519, "ED25519", ossl_ed25519_asn1_meth},
      {NID_rsaEncryption, "RSA", ossl_rsa_asn1_meths},  // the first of two
      {NID_rsassaPss, "RSA-PSS", ossl_rsa_pss_asn1_meth},
  };
  const void* EVP_PKEY_asn1_find(void** engine, int type);
  const void* EVP_PKEY_asn1_find(void** engine, int type) {
    if (engine != nullptr) *engine = nullptr;
    for (const RedoubtKeyKind& kind : kKeyKinds) {
      if (kind.type == type) return kind.methods;
    }
    return nullptr;
  }
  const void* EVP_PKEY_asn1_find_str(void** engine, const char* name, int size);
  const void* EVP_PKEY_asn1_find_str(void** engine, const char* name, int size) {
    if (engine != nullptr) *engine = nullptr;
    const std::string_view text = size < 0 ? std::string_view(name) : std::string_view(name, static_cast<size_t>(size));
    for (const RedoubtKeyKind& kind : kKeyKinds) {
      if (kind.name == text) return kind.methods;
    }
    return nullptr;
  }

  // Lists of cipher suites, groups and signature algorithms: calls back for each element, stops when it says no.
  int CONF_parse_list(const char* list, int separator, int, int (*element)(const char*, int, void*), void* argument);
  int CONF_parse_list(const char* list, int separator, int, int (*element)(const char*, int, void*), void* argument) {
    std::string_view rest(list);
    while (true) {
      const size_t size = rest.find(static_cast<char>(separator));
      const std::string_view text = rest.substr(0, size);
      const int answer = element(text.data(), static_cast<int>(text.size()), argument);
      if (answer <= 0 || size == std::string_view::npos) return answer;
      rest.remove_prefix(size + 1);
    }
  }

  // SSL_CTX_new wants a store of certificate-transparency logs. It is never looked into.
  void* CTLOG_STORE_new_ex(void*, const char*);
  void* CTLOG_STORE_new_ex(void*, const char*) {
    static unsigned char nothing[64];
    return nothing;
  }

  // In every image's start-up code, for a processor's features by the CPUID instruction, which costs microseconds each inside a
  // virtual machine. Done when something of OpenSSL is about to be used: attested/openssl_start.cc (-Wl,--wrap).
  void __wrap_OPENSSL_cpuid_setup() {}

}  // extern "C"
