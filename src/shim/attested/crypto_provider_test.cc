// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL as the runtime has it: this executable is linked as redoubt-run is (the static archives, crypto_provider.cc, the
// stand-ins of runtime_openssl.cc), so that what the stand-ins cut off too much shows here and not as a null pointer in a run.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "shim/attested/crypto_provider.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/random.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "crypto/pem.h"

extern "C" void __real_OPENSSL_cpuid_setup();

namespace redoubt::shim::attested {
namespace {

template <auto kFree>
struct Free {
  void operator()(auto* object) const { kFree(object); }
};
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using TlsContext = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Tls = std::unique_ptr<SSL, Free<SSL_free>>;

int host_random(unsigned char* into, int size) { return getrandom(into, static_cast<size_t>(size), 0) == size ? 1 : 0; }
int is_seeded() { return 1; }

std::string errors() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    text += std::to_string(ERR_GET_LIB(code)) + ":" + std::to_string(ERR_GET_REASON(code)) + " ";
  }
  return text;
}

class CryptoProvider : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string pattern = (std::filesystem::temp_directory_path() / "crypto_provider.XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    ASSERT_EQ(std::system(("'" CERTIFICATE_SCRIPT "' '" + directory_ + "'").c_str()), 0);
    __real_OPENSSL_cpuid_setup();
    constexpr uint64_t kNothing = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT |
                                  OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
                                  OPENSSL_INIT_NO_ADD_ALL_DIGESTS;
    static const RAND_METHOD kRandom = {nullptr, host_random, nullptr, nullptr, host_random, is_seeded};
    ASSERT_EQ(OPENSSL_init_crypto(kNothing, nullptr), 1);
    ASSERT_TRUE(load_crypto_provider());
    ASSERT_EQ(RAND_set_rand_method(&kRandom), 1);
    ASSERT_EQ(OPENSSL_init_ssl(kNothing | OPENSSL_INIT_NO_LOAD_SSL_STRINGS, nullptr), 1);
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(directory_); }

  static std::string file(const std::string& name) {
    std::ifstream stream(directory_ + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static Bytes der(const std::string& name, std::string_view label) {
    const auto blocks = crypto::parse_pem(file(name), label);
    return blocks ? blocks->front() : Bytes();
  }
  static Certificate certificate(const std::string& name) {
    const Bytes bytes = der(name, "CERTIFICATE");
    const uint8_t* at = bytes.data();
    return Certificate(d2i_X509(nullptr, &at, static_cast<long>(bytes.size())));
  }
  static Key key(const std::string& name, std::string_view label = "PRIVATE KEY") {
    const Bytes bytes = der(name, label);
    const uint8_t* at = bytes.data();
    return Key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(bytes.size())));
  }

  static inline std::string directory_;
};

struct Setting {
  std::string leaf = "p256", authority = "p256", trusted;
  std::string group = "X25519", suite = "TLS_AES_256_GCM_SHA384";
};

struct Outcome {
  bool is_open = false;
  std::string why;
  std::string suite;
};

class Handshake : public CryptoProvider {
 protected:
  // Both ends show a certificate and verify the other's.
  static TlsContext context(const SSL_METHOD* method, const Setting& setting) {
    TlsContext made(SSL_CTX_new(method));
    const Certificate own = certificate(setting.leaf + "-by-" + setting.authority + ".pem");
    const Certificate authority =
        certificate("ca-" + (setting.trusted.empty() ? setting.authority : setting.trusted) + ".pem");
    const Key own_key = key(setting.leaf + ".key");
    EXPECT_TRUE(own != nullptr && authority != nullptr && own_key != nullptr) << errors();
    if (own == nullptr || authority == nullptr || own_key == nullptr) return nullptr;
    SSL_CTX_set_options(made.get(), SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_OFF);
    EXPECT_EQ(SSL_CTX_set_min_proto_version(made.get(), TLS1_3_VERSION), 1);
    SSL_CTX_set_security_level(made.get(), 2);
    EXPECT_EQ(SSL_CTX_set1_sigalgs_list(made.get(),
                                        "ed25519:ECDSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA256:RSA-PSS+SHA384:"
                                        "RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384"),
              1)
        << errors();
    EXPECT_EQ(SSL_CTX_set1_groups_list(made.get(), setting.group.c_str()), 1) << errors();
    EXPECT_EQ(SSL_CTX_set_ciphersuites(made.get(), setting.suite.c_str()), 1) << errors();
    EXPECT_EQ(SSL_CTX_use_certificate(made.get(), own.get()), 1) << errors();
    EXPECT_EQ(SSL_CTX_use_PrivateKey(made.get(), own_key.get()), 1) << errors();
    EXPECT_EQ(SSL_CTX_check_private_key(made.get()), 1) << errors();
    EXPECT_EQ(X509_STORE_add_cert(SSL_CTX_get_cert_store(made.get()), authority.get()), 1) << errors();
    EXPECT_EQ(SSL_CTX_add_client_CA(made.get(), authority.get()), 1) << errors();
    SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    return made;
  }

  static void move(SSL* from, SSL* to) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(from), &bytes);
    if (size > 0) BIO_write(SSL_get_rbio(to), bytes, static_cast<int>(size));
    (void)BIO_reset(SSL_get_wbio(from));
  }

  static Outcome run(const Setting& setting) {
    ERR_clear_error();
    const TlsContext server_context = context(TLS_server_method(), setting);
    const TlsContext client_context = context(TLS_client_method(), setting);
    if (server_context == nullptr || client_context == nullptr) return {false, "no context", ""};
    const Tls server(SSL_new(server_context.get())), client(SSL_new(client_context.get()));
    for (SSL* each : {server.get(), client.get()}) SSL_set_bio(each, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    for (SSL* each : {server.get(), client.get()}) BIO_set_mem_eof_return(SSL_get_rbio(each), -1);
    EXPECT_EQ(SSL_set_tlsext_host_name(client.get(), "example.test"), 1);
    EXPECT_EQ(SSL_set1_host(client.get(), "example.test"), 1);
    SSL_set_accept_state(server.get());
    SSL_set_connect_state(client.get());
    int client_result = 0, server_result = 0;
    for (int step = 0; step < 10 && (client_result != 1 || server_result != 1); ++step) {
      client_result = SSL_do_handshake(client.get());
      move(client.get(), server.get());
      if (client_result != 1 && SSL_get_error(client.get(), client_result) != SSL_ERROR_WANT_READ) break;
      server_result = SSL_do_handshake(server.get());
      move(server.get(), client.get());
      if (server_result != 1 && SSL_get_error(server.get(), server_result) != SSL_ERROR_WANT_READ) break;
    }
    Outcome outcome;
    outcome.why = errors() + "verify " + std::to_string(SSL_get_verify_result(client.get()));
    if (client_result != 1 || server_result != 1) return outcome;
    const char* suite = SSL_CIPHER_standard_name(SSL_get_current_cipher(client.get()));
    outcome.suite = suite == nullptr ? "" : suite;
    const std::vector<uint8_t> sent(40000, 0x5a);
    size_t done = 0;
    EXPECT_EQ(SSL_write_ex(client.get(), sent.data(), sent.size(), &done), 1);
    move(client.get(), server.get());
    std::vector<uint8_t> received;
    while (received.size() < sent.size()) {
      uint8_t piece[16384];
      if (SSL_read_ex(server.get(), piece, sizeof(piece), &done) != 1) break;
      received.insert(received.end(), piece, piece + done);
    }
    outcome.is_open = received == sent;
    uint8_t exported[32];
    EXPECT_EQ(SSL_export_keying_material(client.get(), exported, sizeof(exported), "EXPORTER-x", 10, nullptr, 0, 0), 1);
    return outcome;
  }
};

TEST_F(Handshake, EveryKindOfKeyBelowEveryKindOfAuthority) {
  for (const char* authority : {"p256", "p384", "ed25519", "rsa", "pss"}) {
    for (const char* leaf : {"p256", "p384", "ed25519", "rsa", "rsa3072"}) {
      const Outcome outcome = run({.leaf = leaf, .authority = authority, .trusted = {}});
      EXPECT_TRUE(outcome.is_open) << leaf << " by " << authority << ": " << outcome.why;
    }
  }
}

TEST_F(Handshake, EveryGroupAndCipher) {
  for (const char* group : {"X25519", "P-256", "P-384"}) {
    for (const char* suite : {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}) {
      Setting setting;
      setting.group = group;
      setting.suite = suite;
      const Outcome outcome = run(setting);
      EXPECT_TRUE(outcome.is_open) << group << " " << suite << ": " << outcome.why;
      EXPECT_EQ(outcome.suite, suite);
    }
  }
}

TEST_F(Handshake, AnotherAuthorityIsRefused) {
  for (const char* authority : {"p256", "p384", "ed25519", "rsa", "pss"}) {
    Setting setting;
    setting.authority = authority;
    setting.trusted = std::string(authority) == "rsa" ? "pss" : "rsa";
    EXPECT_FALSE(run(setting).is_open) << authority;
  }
}

TEST_F(CryptoProvider, TraditionalFormsOfKeysAreRead) {
  EXPECT_NE(key("sec1.key", "EC PRIVATE KEY"), nullptr) << errors();
  EXPECT_NE(key("pkcs1.key", "RSA PRIVATE KEY"), nullptr) << errors();
}

}  // namespace
}  // namespace redoubt::shim::attested
