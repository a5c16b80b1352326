// SPDX-License-Identifier: Apache-2.0
//
// src/tls on OpenSSL as the runtime has it (linked as crypto_provider_test.cc is): every kind of key as server and client below
// every kind of authority, and refusals, so that a stand-in of runtime_openssl.cc that TLS or verification reaches shows here.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <gtest/gtest.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "shim/attested/crypto_provider.h"
#include "tls/context_parts.h"
#include "tls/endpoint.h"

extern "C" void __real_OPENSSL_cpuid_setup();

namespace redoubt::tls {
namespace {

constexpr std::array<const char*, 5> kLeaves = {"p256", "p384", "ed25519", "rsa", "rsa3072"};
constexpr std::array<const char*, 5> kAuthorities = {"p256", "p384", "ed25519", "rsa", "pss"};

int host_random(unsigned char* into, int size) { return getrandom(into, static_cast<size_t>(size), 0) == size ? 1 : 0; }
int is_seeded() { return 1; }
int64_t now() { return time(nullptr); }
int64_t after_expiry() { return time(nullptr) + time_t{4} * 86400; }

struct Pem {
  std::string certificates, key;
  Identity identity() const { return {certificates, key}; }
};

class RuntimeTls : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string pattern = (std::filesystem::temp_directory_path() / "runtime_tls.XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    ASSERT_EQ(std::system(("'" CERTIFICATE_SCRIPT "' '" + directory_ + "'").c_str()), 0);
    __real_OPENSSL_cpuid_setup();
    constexpr uint64_t kNothing = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT |
                                  OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
                                  OPENSSL_INIT_NO_ADD_ALL_DIGESTS;
    static const RAND_METHOD kRandom = {nullptr, host_random, nullptr, nullptr, host_random, is_seeded};
    ASSERT_EQ(OPENSSL_init_crypto(kNothing, nullptr), 1);
    ASSERT_TRUE(shim::attested::load_crypto_provider());
    ASSERT_EQ(RAND_set_rand_method(&kRandom), 1);
    ASSERT_EQ(OPENSSL_init_ssl(kNothing | OPENSSL_INIT_NO_LOAD_SSL_STRINGS, nullptr), 1);
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(directory_); }

  static std::string file(const std::string& name) {
    std::ifstream stream(directory_ + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static Pem leaf(const std::string& kind, const std::string& authority) {
    return {file(kind + "-by-" + authority + ".pem"), file(kind + ".key")};
  }
  static std::string authority(const std::string& kind) { return file("ca-" + kind + ".pem"); }

  static inline std::string directory_;
};

struct Ends {
  Endpoint server, client;
};

Ends ends(const Pem& server, const std::string& clients_authority, const Pem& client,
          const std::string& servers_authority, const char* name = "example.test", Clock clock = now) {
  const auto at_server = Context::server(server.identity(), clients_authority, clock);
  EXPECT_TRUE(at_server) << at_server.error().message;
  const auto at_client = Context::client(client.identity(), servers_authority, clock);
  EXPECT_TRUE(at_client) << at_client.error().message;
  auto accepted = Endpoint::accept(*at_server), connected = Endpoint::connect(*at_client, name);
  EXPECT_TRUE(accepted && connected);
  return {std::move(*accepted), std::move(*connected)};
}

size_t move(Endpoint& from, Endpoint& to) {
  const std::span<uint8_t> room = to.input_room();
  const size_t size = std::min(room.size(), from.output().size());
  std::copy_n(from.output().begin(), size, room.begin());
  if (size != 0) to.input_added(size);
  if (size != 0) from.output_taken(size);
  return size;
}
void talk(Ends& ends) {
  while (move(ends.client, ends.server) + move(ends.server, ends.client) != 0) {
  }
}

TEST_F(RuntimeTls, EveryKeyBelowEveryAuthority) {
  for (const char* issuer : kAuthorities) {
    for (const char* kind : kLeaves) {
      for (const bool client_auth : {true, false}) {
        SCOPED_TRACE(std::string(kind) + " by " + issuer);
        const Pem pem = leaf(kind, issuer);
        Ends made = ends(pem, client_auth ? authority(issuer) : "", client_auth ? pem : Pem{}, authority(issuer));
        const std::string text(100'000, 'x');
        ASSERT_TRUE(made.client.write(as_bytes(text)));
        talk(made);
        ASSERT_EQ(made.server.state(), State::kOpen) << made.server.failure().detail;
        ASSERT_EQ(made.client.state(), State::kOpen) << made.client.failure().detail;
        EXPECT_EQ(made.server.peer_name(), client_auth ? std::string("/CN=") + kind : "");
        std::vector<uint8_t> got(200'000);
        size_t size = 0;
        while (const auto piece = made.server.read(std::span(got).subspan(size))) {
          size += *piece;
          talk(made);
        }
        EXPECT_EQ(size, 65536U);
        made.client.close_write();
        talk(made);
        EXPECT_EQ(made.server.read(got), 0U);
      }
    }
  }
}

TEST_F(RuntimeTls, TraditionalKeys) {
  for (const auto& [kind, key] : {std::pair{"p256", "sec1.key"}, {"rsa", "pkcs1.key"}}) {
    Pem pem = leaf(kind, "p256");
    pem.key = file(key);
    Ends made = ends(pem, "", {}, authority("p256"));
    talk(made);
    EXPECT_EQ(made.server.state(), State::kOpen) << made.server.failure().detail;
  }
}

TEST_F(RuntimeTls, KeysAreRenewed) {
  const Pem pem = leaf("p256", "p256");
  Ends made = ends(pem, "", {}, authority("p256"));
  const auto context = Context::client({}, authority("p256"), now);
  (*context)->parts().records_per_key = 4;
  made.client = std::move(*Endpoint::connect(*context, "127.0.0.1"));
  talk(made);
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(made.client.write(as_bytes("ping")));
    talk(made);
    std::array<uint8_t, 8> got{};
    ASSERT_EQ(made.server.read(got), 4U) << made.server.failure().detail;
    talk(made);
    ASSERT_NE(made.client.state(), State::kFailed) << made.client.failure().detail;
  }
}

TEST_F(RuntimeTls, Refusals) {
  const Pem pem = leaf("p256", "p256"), stranger = leaf("p256", "rsa");
  struct Row {
    FailureKind at_server, at_client;  // kNone: not looked at
    Ends ends;
  };
  const std::string trusted = authority("p256");
  Row rows[] = {
      {FailureKind::kUnknownAuthority, FailureKind::kProtocol, ends(pem, trusted, stranger, trusted)},
      {FailureKind::kProtocol, FailureKind::kUnknownAuthority, ends(stranger, "", {}, trusted)},
      {FailureKind::kNoCertificate, FailureKind::kProtocol, ends(pem, trusted, {}, trusted)},
      {FailureKind::kProtocol, FailureKind::kWrongName, ends(pem, "", {}, trusted, "other.test")},
      {FailureKind::kProtocol, FailureKind::kWrongName, ends(pem, "", {}, trusted, "127.0.0.2")},
      {FailureKind::kProtocol, FailureKind::kExpired, ends(pem, "", {}, trusted, "example.test", after_expiry)},
  };
  for (Row& row : rows) {
    talk(row.ends);
    std::array<uint8_t, 8> none{};
    (void)row.ends.client.read(none);
    EXPECT_EQ(name_of(row.ends.server.failure().kind), std::string(name_of(row.at_server)))
        << row.ends.server.failure().detail;
    EXPECT_EQ(name_of(row.ends.client.failure().kind), std::string(name_of(row.at_client)))
        << row.ends.client.failure().detail;
  }
  Ends made = ends(pem, "", {}, trusted);
  std::memcpy(made.server.input_room().data(), "GET / HTTP/1.1\r\n", 16);
  made.server.input_added(16);
  EXPECT_EQ(made.server.failure().kind, FailureKind::kPlainText);
}

TEST_F(RuntimeTls, BadIdentities) {
  const Pem pem = leaf("p256", "p256");
  EXPECT_FALSE(Context::server({pem.certificates, file("p384.key")}, {}, now));
  EXPECT_FALSE(Context::server({pem.certificates, file("rsa.key")}, {}, now));
  EXPECT_FALSE(Context::server({pem.key, pem.key}, {}, now));
  EXPECT_FALSE(Context::client({}, pem.certificates, now));  // no CA
}

}  // namespace
}  // namespace redoubt::tls
