// SPDX-License-Identifier: Apache-2.0
#include "cas/api/direct_tls.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string_view>

namespace redoubt::cas {
namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Session = std::unique_ptr<SSL, decltype(&SSL_free)>;

// A server's end, whose socket does not block, and a client's. Certificates are nobody's business here.
class DirectTlsTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets_.data()), 0);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    ASSERT_EQ(X509_set_pubkey(certificate.get(), key.get()), 1);
    ASSERT_GT(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
    ASSERT_EQ(SSL_CTX_use_certificate(server_context_.get(), certificate.get()), 1);
    ASSERT_EQ(SSL_CTX_use_PrivateKey(server_context_.get(), key.get()), 1);
    SSL_CTX_set_num_tickets(server_context_.get(), 0);
    server_.reset(SSL_new(server_context_.get()));
    client_.reset(SSL_new(client_context_.get()));
    SSL_set_fd(server_.get(), sockets_[0]);
    SSL_set_fd(client_.get(), sockets_[1]);
    SSL_set_accept_state(server_.get());
    SSL_set_connect_state(client_.get());
    for (int turn = 0; turn < 10; ++turn) {
      SSL_do_handshake(client_.get());
      SSL_do_handshake(server_.get());
    }
    ASSERT_TRUE(SSL_is_init_finished(server_.get()) != 0);
  }
  void TearDown() override {
    for (const int socket : sockets_) close(socket);
  }
  void send(std::string_view text) {
    size_t written = 0;
    ASSERT_EQ(SSL_write_ex(client_.get(), text.data(), text.size(), &written), 1);
  }
  void update_keys() {
    ASSERT_EQ(SSL_key_update(client_.get(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    ASSERT_EQ(SSL_do_handshake(client_.get()), 1);
  }
  DirectTls::Read read(DirectTls& tls) {
    std::array<uint8_t, 100> bytes{};
    size_t count = 0;
    const auto result = tls.read(bytes, count);
    text_.assign(reinterpret_cast<const char*>(bytes.data()), count);
    return result;
  }

  std::array<int, 2> sockets_{-1, -1};
  Context server_context_{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
  Context client_context_{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  Session server_{nullptr, SSL_free}, client_{nullptr, SSL_free};
  std::string text_;
};

TEST_F(DirectTlsTest, GivesWhatCameAlsoBehindNewKeys) {
  DirectTls tls(server_.get(), sockets_[0]);
  ASSERT_TRUE(tls.is_good());
  EXPECT_EQ(read(tls), DirectTls::Read::kNothing);
  for (int round = 0; round < 50; ++round) {
    update_keys();
    send("question");
    ASSERT_EQ(read(tls), DirectTls::Read::kBytes);
    EXPECT_EQ(text_, "question");
    EXPECT_EQ(read(tls), DirectTls::Read::kNothing);
  }
  update_keys();
  EXPECT_EQ(read(tls), DirectTls::Read::kNothing);
}

TEST_F(DirectTlsTest, ARecordThatIsNotWholeIsNothingYet) {
  // The client writes into memory, so that a record can be cut.
  BIO* const out = BIO_new(BIO_s_mem());
  BIO_up_ref(out);
  SSL_set0_wbio(client_.get(), out);
  DirectTls tls(server_.get(), sockets_[0]);
  send("question");
  std::array<char, 100> record{};
  const int size = BIO_read(out, record.data(), static_cast<int>(record.size()));
  ASSERT_GT(size, 20);
  ASSERT_EQ(write(sockets_[1], record.data(), 20), 20);
  EXPECT_EQ(read(tls), DirectTls::Read::kNothing);
  ASSERT_EQ(write(sockets_[1], record.data() + 20, static_cast<size_t>(size) - 20), size - 20);
  EXPECT_EQ(read(tls), DirectTls::Read::kBytes);
  EXPECT_EQ(text_, "question");
  BIO_free(out);
}

// On another thread than the reader it would hold it without end; here it is the rest of the flood that shows it.
TEST_F(DirectTlsTest, AFloodOfNewKeysEndsIt) {
  DirectTls tls(server_.get(), sockets_[0]);
  for (int update = 0; update < 100; ++update) update_keys();
  EXPECT_EQ(read(tls), DirectTls::Read::kEnd);
  EXPECT_EQ(read(tls), DirectTls::Read::kEnd);
}

TEST_F(DirectTlsTest, AFloodInPiecesEndsItToo) {
  DirectTls tls(server_.get(), sockets_[0]);
  int taken = 0;
  for (; taken < 100; ++taken) {
    update_keys();
    if (read(tls) == DirectTls::Read::kEnd) break;
  }
  EXPECT_LT(taken, 100);
}

}  // namespace
}  // namespace redoubt::cas
