// SPDX-License-Identifier: Apache-2.0
//
// What a connection does that comes about: bytes both ways, in any pieces, before and after the handshake, to either end.
#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "tls/context_parts.h"
#include "tls/test_peers.h"

namespace redoubt::tls {
namespace {

using crypto::KeyAlgorithm;
using namespace test;

struct Pair {
  Endpoint server, client;
};

class Tls : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    authority = new Keyed(make_authority("an authority"));
    server_identity = new Keyed(make_server(*authority));
    client_identity = new Keyed(make_client(*authority));
  }
  static Pair pair(bool with_client_certificate = true) {
    const auto server = Context::server(identity(*server_identity),
                                        with_client_certificate ? authority->certificate : std::string(), clock);
    const auto client = Context::client(identity(*client_identity), authority->certificate, clock);
    EXPECT_TRUE(server && client);
    return {std::move(*Endpoint::accept(*server)), std::move(*Endpoint::connect(*client, "server.test"))};
  }
  static Pair open_pair(bool with_client_certificate = true) {
    Pair made = pair(with_client_certificate);
    talk(made.server, made.client);
    EXPECT_EQ(made.server.state(), State::kOpen) << made.server.failure().detail;
    EXPECT_EQ(made.client.state(), State::kOpen) << made.client.failure().detail;
    return made;
  }
  static inline Keyed* authority = nullptr;
  static inline Keyed* server_identity = nullptr;
  static inline Keyed* client_identity = nullptr;
};

std::string pattern(size_t size) {
  std::string text(size, '\0');
  for (size_t index = 0; index < size; ++index) text[index] = static_cast<char>(index * 31 + index / 251);
  return text;
}

class TlsKeys : public testing::TestWithParam<std::tuple<KeyAlgorithm, KeyAlgorithm, bool>> {};

// Made once: an RSA key takes a second.
const Keyed& authority_with(KeyAlgorithm algorithm) {
  static std::map<KeyAlgorithm, Keyed> made;
  if (!made.contains(algorithm)) made.emplace(algorithm, make_authority("an authority", nullptr, algorithm));
  return made.at(algorithm);
}
const Keyed& server_with(KeyAlgorithm algorithm) {
  static std::map<KeyAlgorithm, Keyed> made;
  if (!made.contains(algorithm)) made.emplace(algorithm, make_server(authority_with(algorithm), algorithm));
  return made.at(algorithm);
}

TEST_P(TlsKeys, SpeakBothWays) {
  const auto [server_key, client_key, client_auth] = GetParam();
  const Keyed& authority = authority_with(server_key);
  const Keyed& server_identity = server_with(server_key);
  const Keyed client_identity = make_client(authority, client_key);
  const auto server_context =
      Context::server(identity(server_identity), client_auth ? authority.certificate : "", clock);
  ASSERT_TRUE(server_context) << server_context.error().message;
  const auto client_context = Context::client(identity(client_identity), authority.certificate, clock);
  ASSERT_TRUE(client_context) << client_context.error().message;
  auto server = Endpoint::accept(*server_context), client = Endpoint::connect(*client_context, "server.test");
  ASSERT_TRUE(server && client);
  talk(*server, *client);
  ASSERT_EQ(server->state(), State::kOpen) << server->failure().detail;
  ASSERT_EQ(client->state(), State::kOpen) << client->failure().detail;
  EXPECT_EQ(server->peer_name(), client_auth ? "/CN=a client" : "");
  EXPECT_EQ(client->peer_name(), "/CN=a server");
  ASSERT_TRUE(server->write(as_bytes("from the server")));
  ASSERT_TRUE(client->write(as_bytes("from the client")));
  talk(*server, *client);
  EXPECT_EQ(read_all(*server), "from the client");
  EXPECT_EQ(read_all(*client), "from the server");
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, TlsKeys,
    testing::Combine(testing::Values(KeyAlgorithm::kP256, KeyAlgorithm::kP384, KeyAlgorithm::kEd25519,
                                     KeyAlgorithm::kRsa2048, KeyAlgorithm::kRsa3072),
                     testing::Values(KeyAlgorithm::kP256, KeyAlgorithm::kEd25519, KeyAlgorithm::kRsa2048),
                     testing::Bool()));

TEST_F(Tls, OneByteAtATime) {
  Pair made = pair();
  talk(made.server, made.client, 1);
  ASSERT_EQ(made.server.state(), State::kOpen);
  ASSERT_EQ(made.client.state(), State::kOpen);
  ASSERT_TRUE(made.client.write(as_bytes(pattern(3000))));
  talk(made.server, made.client, 1);
  EXPECT_EQ(read_all(made.server), pattern(3000));
}

TEST_F(Tls, LargeDataInOrderAndBounded) {
  Pair made = open_pair();
  const std::string text = pattern(1'000'000);
  std::string got;
  for (size_t sent = 0; got.size() < text.size();) {
    if (const auto count = made.client.write(as_bytes(text).subspan(sent)); count) sent += *count;
    EXPECT_LE(made.client.output().size(), 64 * 1024 + 17 * 1024);
    move(made.client, made.server);
    got += read_all(made.server);
  }
  EXPECT_EQ(got, text);
  EXPECT_EQ(error_of_read(made.server), EAGAIN);
}

TEST_F(Tls, PeerThatNeverReadsMeetsEagain) {
  Pair made = open_pair();
  const std::string text = pattern(100'000);
  size_t taken = 0;
  Result<size_t> last = 0;
  while ((last = made.server.write(as_bytes(text)))) taken += *last;
  EXPECT_EQ(last.error(), as_errno(EAGAIN));
  EXPECT_GT(made.server.output().size(), 64U * 1024);
  EXPECT_LE(made.server.output().size(), 81U * 1024);
  // Reading goes on all the same.
  ASSERT_TRUE(made.client.write(as_bytes("request")));
  move(made.client, made.server);
  EXPECT_EQ(read_all(made.server), "request");
  std::string got;
  while (move(made.server, made.client) != 0) got += read_all(made.client);
  EXPECT_EQ(got.size(), taken);
}

TEST_F(Tls, ProgramThatNeverReadsFillsTheInput) {
  Pair made = open_pair();
  const std::string text = pattern(300'000);
  size_t sent = 0;
  for (int round = 0; round < 20; ++round) {
    if (const auto count = made.client.write(as_bytes(text).subspan(sent)); count) sent += *count;
    move(made.client, made.server);
  }
  EXPECT_TRUE(made.server.input_room().empty());
  EXPECT_FALSE(made.client.output().empty());
  std::string got;
  while (got.size() < sent) {
    const std::string piece = read_all(made.server);
    ASSERT_FALSE(piece.empty());
    got += piece;
    move(made.client, made.server);
  }
  EXPECT_EQ(got, text.substr(0, sent));
}

TEST_F(Tls, ServerMaySpeakFirst) {
  Pair made = pair();
  ASSERT_TRUE(made.server.write(as_bytes("220 welcome")));
  EXPECT_TRUE(made.server.output().empty());
  // Not before the client's certificate was checked, although TLS 1.3 would allow it.
  move(made.client, made.server);
  move(made.server, made.client);
  ASSERT_EQ(made.client.state(), State::kOpen);
  EXPECT_EQ(error_of_read(made.client), EAGAIN);
  ASSERT_EQ(made.server.state(), State::kHandshaking);
  move(made.client, made.server);
  ASSERT_EQ(made.server.state(), State::kOpen);
  move(made.server, made.client);
  EXPECT_EQ(read_all(made.client), "220 welcome");
}

TEST_F(Tls, WritesBeforeTheHandshakeAreKeptUpToALimit) {
  Pair made = pair();
  const std::string text = pattern(70'000);
  EXPECT_EQ(made.client.write(as_bytes(text)), 65536U);
  EXPECT_EQ(made.client.write(as_bytes(text)), fail(EAGAIN));
  made.client.close_write();
  std::string got;
  for (int round = 0; round < 20; ++round) {
    talk(made.server, made.client);
    got += read_all(made.server);
  }
  EXPECT_EQ(got, text.substr(0, 65536));
  EXPECT_EQ(made.server.state(), State::kPeerClosed);
}

TEST_F(Tls, PeekAndReadableSpanRecords) {
  Pair made = open_pair();
  for (const char* part : {"one ", "two ", "three"}) ASSERT_TRUE(made.client.write(as_bytes(part)));
  EXPECT_FALSE(made.server.is_readable());
  EXPECT_EQ(made.server.readable(), 0U);
  move(made.client, made.server);
  EXPECT_TRUE(made.server.is_readable());
  std::array<uint8_t, 8> some{};
  ASSERT_EQ(made.server.peek(std::span(some).first(2)), 2U);
  EXPECT_EQ(as_text(ByteView(some).first(2)), "on");
  ASSERT_EQ(made.server.peek(some), 8U);
  EXPECT_EQ(as_text(some), "one two ");
  EXPECT_EQ(made.server.readable(), 13U);
  ASSERT_EQ(made.server.read(std::span(some).first(5)), 5U);
  EXPECT_EQ(made.server.readable(), 8U);
  ASSERT_TRUE(made.client.write(as_bytes(" four")));
  move(made.client, made.server);
  EXPECT_EQ(made.server.readable(), 13U);
  EXPECT_EQ(read_all(made.server), "wo three four");
  EXPECT_FALSE(made.server.is_readable());
}

TEST_F(Tls, HalfCloseBothWays) {
  Pair made = open_pair();
  ASSERT_TRUE(made.client.write(as_bytes("last words")));
  made.client.close_write();
  EXPECT_EQ(made.client.write(as_bytes("x")), fail(EPIPE));
  move(made.client, made.server);
  EXPECT_EQ(read_all(made.server), "last words");
  EXPECT_EQ(made.server.state(), State::kPeerClosed);
  uint8_t byte = 0;
  EXPECT_EQ(made.server.read({&byte, 1}), 0U);
  EXPECT_EQ(made.server.peek({&byte, 1}), 0U);
  EXPECT_TRUE(made.server.is_readable());
  // The other direction lives on.
  const std::string text = pattern(40'000);
  ASSERT_EQ(made.server.write(as_bytes(text)), text.size());
  made.server.close_write();
  std::string got;
  while (move(made.server, made.client) != 0) got += read_all(made.client);
  EXPECT_EQ(got, text);
  EXPECT_EQ(made.client.state(), State::kPeerClosed);
  // The network may end after the close_notify.
  made.client.input_ended();
  EXPECT_EQ(made.client.state(), State::kPeerClosed);
}

TEST_F(Tls, EndWithoutCloseNotifyIsTruncation) {
  Pair made = open_pair();
  ASSERT_TRUE(made.client.write(as_bytes("incomplete")));
  move(made.client, made.server);
  made.server.input_ended();
  EXPECT_EQ(read_all(made.server), "incomplete");
  EXPECT_EQ(error_of_read(made.server), ECONNRESET);
  EXPECT_EQ(made.server.failure().kind, FailureKind::kTruncated);
  made.client.input_ended();
  EXPECT_EQ(made.client.state(), State::kFailed);
}

TEST_F(Tls, KeysAreRenewedAfterManyRecords) {
  Pair made = pair();
  const auto context = Context::client(identity(*client_identity), authority->certificate, clock);
  (*context)->parts().records_per_key = 10;
  made.client = std::move(*Endpoint::connect(*context, "server.test"));
  talk(made.server, made.client);
  for (int round = 0; round < 100; ++round) {
    ASSERT_TRUE(made.client.write(as_bytes("ping")));
    talk(made.client, made.server);
    ASSERT_EQ(read_all(made.server), "ping");
    ASSERT_TRUE(made.server.write(as_bytes("pong")));
    talk(made.client, made.server);
    ASSERT_EQ(read_all(made.client), "pong") << round << made.client.failure().detail;
  }
}

TEST_F(Tls, AnswersToAPeerThatReadsNothingAreBounded) {
  Pair made = pair();
  const auto context = Context::client(identity(*client_identity), authority->certificate, clock);
  (*context)->parts().records_per_key = 1;  // each record asks for new keys
  made.client = std::move(*Endpoint::connect(*context, "server.test"));
  talk(made.server, made.client);
  const std::string text = pattern(100'000);
  while (made.server.write(as_bytes(text))) {
  }
  size_t rounds = 0, most = 0;
  while (made.server.state() == State::kOpen && ++rounds < 20'000) {
    (void)made.client.write(as_bytes("x"));
    move(made.client, made.server);
    (void)read_all(made.server);
    most = std::max(most, made.server.output().size());
  }
  EXPECT_GT(rounds, 100U);
  EXPECT_LE(most, 120'000U);
  EXPECT_EQ(made.server.failure().kind, FailureKind::kProtocol);
  EXPECT_TRUE(made.server.failure().detail.contains("reads nothing")) << made.server.failure().detail;
}

TEST_F(Tls, RenewalIsAnsweredAfterCloseWrite) {
  Pair made = pair();
  const auto context = Context::client(identity(*client_identity), authority->certificate, clock);
  (*context)->parts().records_per_key = 3;
  made.client = std::move(*Endpoint::connect(*context, "server.test"));
  talk(made.server, made.client);
  made.server.close_write();
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(made.client.write(as_bytes("ping")));
    talk(made.client, made.server);
    ASSERT_EQ(read_all(made.server), "ping") << made.server.failure().detail;
  }
}

// Session tickets in the smallest fragments: messages that come in several records after the handshake.
TEST_F(Tls, WritesAmidAFragmentedMessageAreKept) {
  const auto at_server = Context::server(identity(*server_identity), authority->certificate, clock);
  SSL_CTX* openssl = (*at_server)->parts().openssl.get();
  SSL_CTX_clear_options(openssl, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(openssl, 2);
  SSL_CTX_set_max_send_fragment(openssl, 512);
  SSL_CTX_set_session_id_context(openssl, reinterpret_cast<const uint8_t*>("x"), 1);
  const auto at_client = Context::client(identity(*client_identity), authority->certificate, clock);
  bool was_kept = false;
  for (size_t part = 1; part < 2400; part += 100) {
    Endpoint server = std::move(*Endpoint::accept(*at_server));
    Endpoint client = std::move(*Endpoint::connect(*at_client, "server.test"));
    move(client, server);
    move(server, client);
    move(client, server);
    ASSERT_EQ(server.state(), State::kOpen);
    const Bytes tickets(server.output().begin(), server.output().end());
    ASSERT_GT(tickets.size(), 1024U);
    server.output_taken(tickets.size());
    const size_t first = std::min(part, tickets.size());
    feed(client, ByteView(tickets).first(first));
    EXPECT_EQ(error_of_read(client), EAGAIN);
    ASSERT_EQ(client.write(as_bytes("one ")), 4U) << client.failure().detail;
    ASSERT_EQ(client.write(as_bytes("two")), 3U);
    was_kept = was_kept || client.output().empty();
    client.close_write();
    feed(client, ByteView(tickets).subspan(first));
    if (part % 200 == 1) {
      EXPECT_EQ(error_of_read(client), EAGAIN);
    } else {
      EXPECT_FALSE(client.is_readable());
    }
    move(client, server);
    EXPECT_EQ(read_all(server), "one two");
    EXPECT_EQ(server.state(), State::kPeerClosed);
  }
  EXPECT_TRUE(was_kept);
}

TEST_F(Tls, ChangedRecordsAreRefused) {
  for (size_t at = 0; at < 40; ++at) {
    Pair made = open_pair();
    ASSERT_TRUE(made.client.write(as_bytes("eighteen byte text")));
    Bytes record(made.client.output().begin(), made.client.output().end());
    ASSERT_EQ(record.size(), 40U);
    record[at] ^= 1;
    feed(made.server, record);
    uint8_t byte = 0;
    const auto got = made.server.read({&byte, 1});
    ASSERT_FALSE(got) << at;
    if (got.error() == as_errno(EAGAIN)) continue;  // a length that is larger: more is waited for
    EXPECT_EQ(got.error(), as_errno(EIO));
    EXPECT_EQ(made.server.failure().kind, FailureKind::kProtocol) << at;
    EXPECT_FALSE(made.server.output().empty()) << "no alert";
    EXPECT_EQ(made.server.write(as_bytes("x")), fail(EIO));
  }
}

}  // namespace
}  // namespace redoubt::tls
