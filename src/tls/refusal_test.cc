// SPDX-License-Identifier: Apache-2.0
//
// Peers that are not let in, and what each failure is called. In every case the program has read nothing, its early words were
// not sent, and there is an alert for the peer. One list of all refusals, so that what is missing from it can be seen.
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <functional>
#include <utility>

#include "crypto/openssl_pointers.h"
#include "tls/buffer_bio.h"
#include "tls/test_peers.h"

namespace redoubt::tls {
namespace {

using crypto::CertificateRequest;
using crypto::KeyAlgorithm;
using namespace test;

constexpr auto kP256 = KeyAlgorithm::kP256;
constexpr char kSecret[] = "not for everybody";

const Keyed& authority() {
  static const Keyed made = make_authority("the authority");
  return made;
}
const Keyed& other_authority() {
  static const Keyed made = make_authority("another authority");
  return made;
}

Endpoint server(const Keyed& identity_of, std::string_view client_authority) {
  const auto context = Context::server(identity(identity_of), client_authority, clock);
  EXPECT_TRUE(context) << context.error().message;
  return std::move(*Endpoint::accept(*context));
}
Endpoint client(const Identity& identity, std::string_view server_authority, std::string_view name = "server.test") {
  const auto context = Context::client(identity, server_authority, clock);
  EXPECT_TRUE(context) << context.error().message;
  return std::move(*Endpoint::connect(*context, name));
}

void expect_refused(Endpoint& refuser, Endpoint& refused, FailureKind kind, std::string_view detail) {
  EXPECT_TRUE(refuser.write(as_bytes(kSecret)));
  EXPECT_TRUE(refused.write(as_bytes("from a stranger")));
  // By hand, to see the alert while it is there.
  bool had_output = false;
  for (int round = 0; round < 8; ++round) {
    had_output = refuser.state() == State::kFailed ? had_output || !refuser.output().empty() : had_output;
    move(refuser, refused);
    move(refused, refuser);
  }
  EXPECT_EQ(refuser.state(), State::kFailed);
  EXPECT_TRUE(had_output);
  EXPECT_EQ(name_of(refuser.failure().kind), std::string(name_of(kind))) << refuser.failure().detail;
  EXPECT_NE(refuser.failure().detail.find(detail), std::string::npos) << refuser.failure().detail;
  EXPECT_EQ(error_of_read(refuser), EIO);
  EXPECT_EQ(refuser.write(as_bytes("x")), fail(EIO));
  EXPECT_EQ(refuser.readable(), 0U);
  EXPECT_TRUE(refuser.input_room().empty());
  EXPECT_EQ(read_all(refused), "");
  EXPECT_EQ(refused.state(), State::kFailed);
  EXPECT_EQ(refused.failure().kind, FailureKind::kProtocol);
  EXPECT_NE(refused.failure().detail.find("the peer refused: alert"), std::string::npos) << refused.failure().detail;
}

// crypto/certificate_builder gives every authority a key usage; others' authorities have none.
Keyed authority_without_key_usage() {
  auto key = crypto::PrivateKey::generate(kP256);
  const crypto::X509Pointer x509(X509_new()), issuer([] {
    const uint8_t* at = authority().der.data();
    return d2i_X509(nullptr, &at, static_cast<long>(authority().der.size()));
  }());
  X509_set_version(x509.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 77);
  ASN1_TIME_set(X509_getm_notBefore(x509.get()), kNow - 60);
  ASN1_TIME_set(X509_getm_notAfter(x509.get()), kNow + 60);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const uint8_t*>("below"), -1, -1, 0);
  X509_set_issuer_name(x509.get(), X509_get_subject_name(issuer.get()));
  X509_set_pubkey(x509.get(), key->openssl());
  for (const auto& [nid, value] :
       {std::pair{NID_basic_constraints, "critical,CA:TRUE"}, std::pair{NID_subject_alt_name, "DNS:server.test"}}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
    X509_add_ext(x509.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(x509.get(), authority().key.openssl(), EVP_sha256());
  uint8_t* der = nullptr;
  const int size = i2d_X509(x509.get(), &der);
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  std::string certificate = to_pem(bytes, "CERTIFICATE"), pem = to_pem(key->pkcs8_der()->view(), "PRIVATE KEY");
  return {std::move(*key), std::move(bytes), std::move(certificate), std::move(pem)};
}

struct Case {
  const char* name;
  FailureKind kind;
  const char* detail;
  std::function<Keyed()> peer;  // its certificate
};

Keyed changed(const std::function<void(CertificateRequest&)>& change, const Keyed* issuer = &authority()) {
  CertificateRequest wanted = request("a peer");
  wanted.dns_names = {"server.test"};
  wanted.for_servers = wanted.for_clients = true;
  change(wanted);
  return make(wanted, kP256, issuer);
}

const Case kPeers[] = {
    {"OfAnotherAuthority", FailureKind::kUnknownAuthority, "issued by no authority of the policy",
     [] { return changed([](auto&) {}, &other_authority()); }},
    {"SelfSigned", FailureKind::kUnknownAuthority, "signed by itself", [] { return changed([](auto&) {}, nullptr); }},
    {"SameNameAsTheAuthority", FailureKind::kUnknownAuthority, "",
     [] {
       const Keyed false_authority = make_authority("the authority");
       return changed([](auto&) {}, &false_authority);
     }},
    {"Expired", FailureKind::kExpired, "has expired: valid from 2027-01-15T06:00:00Z until 2027-01-15T07:59:59Z",
     [] {
       return changed([](CertificateRequest& wanted) {
         wanted.from = utc_time_from_unix(kNow - 7200);
         wanted.until = utc_time_from_unix(kNow - 1);
       });
     }},
    {"NotYetValid", FailureKind::kExpired, "is not yet valid",
     [] { return changed([](CertificateRequest& wanted) { wanted.from = utc_time_from_unix(kNow + 60); }); }},
    {"AuthorityAsEndEntity", FailureKind::kWrongUse, "stands as an end entity's",
     [] { return changed([](CertificateRequest& wanted) { wanted.authority = true; }); }},
    {"AuthorityWithoutKeyUsage", FailureKind::kWrongUse, "stands as an end entity's", authority_without_key_usage},
    {"TheAuthorityItself", FailureKind::kWrongUse, "stands as an end entity's", [] { return authority(); }},
    {"UnderAnEndEntity", FailureKind::kWrongUse, "",
     [] {
       const Keyed end_entity = changed([](auto&) {});
       Keyed made = changed([](auto&) {}, &end_entity);
       made.certificate += end_entity.certificate;
       return made;
     }},
};

class Refused : public testing::TestWithParam<Case> {};

TEST_P(Refused, AsClient) {
  const Keyed peer = GetParam().peer();
  Endpoint refuser = server(make_server(authority()), authority().certificate);
  Endpoint refused = client(identity(peer), authority().certificate);
  expect_refused(refuser, refused, GetParam().kind, GetParam().detail);
}

TEST_P(Refused, AsServer) {
  const Keyed peer = GetParam().peer();
  Endpoint refuser = client({}, authority().certificate);
  Endpoint refused = server(peer, {});
  expect_refused(refuser, refused, GetParam().kind, GetParam().detail);
}

INSTANTIATE_TEST_SUITE_P(Certificates, Refused, testing::ValuesIn(kPeers),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Refusal, ClientWithoutCertificate) {
  Endpoint refuser = server(make_server(authority()), authority().certificate);
  Endpoint refused = client({}, authority().certificate);
  expect_refused(refuser, refused, FailureKind::kNoCertificate, "showed no certificate");
  EXPECT_EQ(refused.failure().detail, "the peer refused: alert \"certificate required\"");
}

TEST(Refusal, CertificateOfAServerAsClient) {
  Endpoint refuser = server(make_server(authority()), authority().certificate);
  Endpoint refused = client(identity(make_server(authority())), authority().certificate);
  expect_refused(refuser, refused, FailureKind::kWrongUse, "not meant for this use");
}

TEST(Refusal, CertificateOfAClientAsServer) {
  Endpoint refuser = client({}, authority().certificate);
  Endpoint refused = server(make_client(authority()), {});
  expect_refused(refuser, refused, FailureKind::kWrongUse, "not meant for this use");
}

TEST(Refusal, Names) {
  struct Row {
    const char* name;
    bool is_right;
  };
  for (const Row row : {Row{"server.test", true},
                        {"SERVER.test", true},
                        {"server.test.", true},
                        {"127.0.0.1", true},
                        {"::1", true},
                        {"a.wild.test", true},
                        {"other.test", false},
                        {"sub.server.test", false},
                        {"a.b.wild.test", false},
                        {"wild.test", false},
                        {"127.0.0.2", false},
                        {"::2", false},
                        {"a server", false},
                        {"test", false}}) {
    SCOPED_TRACE(row.name);
    const auto context = Context::client({}, authority().certificate, clock);
    auto end = Endpoint::connect(*context, row.name);
    if (!end) {
      EXPECT_EQ(std::string_view(row.name), "a server") << "the common name: no name at all";
      continue;
    }
    Endpoint peer = server(make_server(authority()), {});
    if (!row.is_right) {
      expect_refused(
          *end, peer, FailureKind::kWrongName,
          std::string("expected ") + row.name + ", found server.test, *.wild.test, 127.0.0.1, 0:0:0:0:0:0:0:1");
      continue;
    }
    talk(*end, peer);
    EXPECT_EQ(end->state(), State::kOpen) << end->failure().detail;
  }
}

TEST(Refusal, CommonNameIsNoName) {
  CertificateRequest wanted = request("server.test");
  wanted.for_servers = true;
  Endpoint refused = server(make(wanted, kP256, &authority()), {});
  Endpoint refuser = client({}, authority().certificate);
  expect_refused(refuser, refused, FailureKind::kWrongName, "found no subject alternative name");
}

TEST(Refusal, PartialWildcards) {
  CertificateRequest wanted = request("a server");
  wanted.dns_names = {"s*.test", "*"};
  wanted.for_servers = true;
  const auto key = crypto::PrivateKey::generate(kP256);
  if (!crypto::make_certificate(wanted, *key, authority().key, authority().der)) wanted.dns_names = {"s*.test"};
  Endpoint refused = server(make(wanted, kP256, &authority()), {});
  Endpoint refuser = client({}, authority().certificate);
  expect_refused(refuser, refused, FailureKind::kWrongName, "found s*.test");
}

TEST(Refusal, NamesThatCannotBe) {
  const auto context = Context::client({}, authority().certificate, clock);
  for (const char* name : {"", ".", ".server.test", "*.wild.test", "server..test", "server test", "server.test\n"}) {
    EXPECT_FALSE(Endpoint::connect(*context, name)) << name;
  }
  EXPECT_FALSE(Endpoint::connect(*context, std::string_view("server.test\0.evil", 17)));
  EXPECT_FALSE(Endpoint::connect(*context, std::string_view("127.0.0.1\0.evil", 15)));
  EXPECT_FALSE(Endpoint::connect(*context, std::string(254, 'a')));
}

// An intermediate as the authority is trusted by itself: not its issuer, and not what else its issuer issued.
TEST(Refusal, IntermediateAuthority) {
  const Keyed intermediate = make_authority("an intermediate", &authority());
  const Keyed sibling = make_authority("a sibling", &authority());
  const auto chain = [](const Keyed& issuer) {
    Keyed made = make_server(issuer);
    made.certificate += issuer.certificate;
    return made;
  };
  {
    Endpoint peer = server(chain(intermediate), {}), end = client({}, intermediate.certificate);
    talk(end, peer);
    EXPECT_EQ(end.state(), State::kOpen) << end.failure().detail;
  }
  {  // a root: intermediates come from the peer
    Endpoint peer = server(chain(intermediate), {}), end = client({}, authority().certificate);
    talk(end, peer);
    EXPECT_EQ(end.state(), State::kOpen) << end.failure().detail;
  }
  for (const Keyed& peer_identity : {chain(sibling), make_server(authority())}) {
    Endpoint refused = server(peer_identity, {}), refuser = client({}, intermediate.certificate);
    expect_refused(refuser, refused, FailureKind::kUnknownAuthority, "");
  }
  {
    Endpoint refused = server(make_server(intermediate), {}), refuser = client({}, authority().certificate);
    expect_refused(refuser, refused, FailureKind::kUnknownAuthority, "issued by no authority");
  }
}

TEST(Refusal, PlainTextPeers) {
  struct Row {
    std::string_view bytes;
    const char* detail;
  };
  for (const Row& row : {Row{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "an HTTP request"},
                         {"*1\r\n$4\r\nPING\r\n", "a Redis command"},
                         {"PING\r\n", "a Redis command"},
                         {"SSH-2.0-x\r\n", "SSH"},
                         {"\x80\x2e\x01\x03\x01", "a first byte of 0x80"},
                         {std::string_view("\0\0\0\0", 4), "a first byte of 0x0"},
                         {"\x15\x03\x03", "a first byte of 0x15"}}) {
    Endpoint end = server(make_server(authority()), authority().certificate);
    EXPECT_TRUE(end.write(as_bytes(kSecret)));
    feed(end, as_bytes(row.bytes));
    EXPECT_EQ(end.state(), State::kFailed);
    EXPECT_EQ(end.failure().kind, FailureKind::kPlainText);
    EXPECT_NE(end.failure().detail.find(row.detail), std::string::npos) << end.failure().detail;
    ASSERT_EQ(end.output().size(), 7U);
    EXPECT_EQ(end.output()[0], 21);
    EXPECT_EQ(error_of_read(end), EIO);
  }
  Endpoint end = client({}, authority().certificate);
  feed(end, as_bytes("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_EQ(end.failure().kind, FailureKind::kPlainText);
  // A server that does not like us says so in TLS.
  Endpoint refused = client({}, authority().certificate);
  feed(refused, as_bytes(std::string_view("\x15\x03\x03\0\x02\x02\x28", 7)));
  EXPECT_EQ(refused.failure().kind, FailureKind::kProtocol);
  EXPECT_NE(refused.failure().detail.find("handshake failure"), std::string::npos) << refused.failure().detail;
}

// A peer that speaks TLS, but only versions before 1.3.
TEST(Refusal, OldVersions) {
  for (const bool is_server : {false, true}) {
    const crypto::OpensslPointer<SSL_CTX, SSL_CTX_free> old(
        SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method()));
    SSL_CTX_set_max_proto_version(old.get(), TLS1_2_VERSION);
    if (is_server) {
      const Keyed keyed = make_server(authority());
      const uint8_t* at = keyed.der.data();
      const crypto::X509Pointer x509(d2i_X509(nullptr, &at, static_cast<long>(keyed.der.size())));
      SSL_CTX_use_certificate(old.get(), x509.get());
      SSL_CTX_use_PrivateKey(old.get(), keyed.key.openssl());
    }
    Wires wires;
    const crypto::OpensslPointer<SSL, SSL_free> peer(SSL_new(old.get()));
    BIO* bio = new_buffer_bio(wires);
    SSL_set_bio(peer.get(), bio, bio);
    is_server ? SSL_set_accept_state(peer.get()) : SSL_set_connect_state(peer.get());
    Endpoint end = is_server ? client({}, authority().certificate) : server(make_server(authority()), {});
    for (int round = 0; round < 3; ++round) {
      SSL_do_handshake(peer.get());
      feed(end, wires.output.view());
      wires.output.release();
      (void)wires.input.add(end.output());
      end.output_taken(end.output().size());
    }
    EXPECT_EQ(end.state(), State::kFailed);
    EXPECT_EQ(end.failure().kind, FailureKind::kProtocol);
    if (!is_server) {
      EXPECT_EQ(end.failure().detail, "the peer does not offer TLS 1.3");
    }
  }
}

TEST(Refusal, TruncatedAtEveryByteOfTheHandshake) {
  const auto server_context = Context::server(identity(make_server(authority())), authority().certificate, clock);
  const auto client_context = Context::client(identity(make_client(authority())), authority().certificate, clock);
  for (size_t limit = 0;; limit += limit < 600 ? 1 : 7) {
    Endpoint one = std::move(*Endpoint::accept(*server_context));
    Endpoint other = std::move(*Endpoint::connect(*client_context, "server.test"));
    size_t left = limit;  // of what the client sends
    while (left > 0 && one.state() == State::kHandshaking) {
      if (other.output().empty() && move(one, other) == 0) break;
      const size_t size = std::min(left, other.output().size());
      feed(one, other.output().first(size));
      other.output_taken(size);
      left -= size;
    }
    if (one.state() == State::kOpen) break;
    ASSERT_EQ(one.state(), State::kHandshaking) << limit;
    one.input_ended();
    ASSERT_EQ(one.state(), State::kFailed) << limit;
    ASSERT_EQ(one.failure().kind, FailureKind::kTruncated) << limit;
    ASSERT_EQ(error_of_read(one), ECONNRESET);
    // And the client, when the server ends.
    move(one, other);
    other.input_ended();
    ASSERT_EQ(other.failure().kind, FailureKind::kTruncated) << limit;
    ASSERT_LT(limit, 5000U);
  }
}

TEST(Refusal, Contexts) {
  const Keyed keyed = make_server(authority()), other = make_server(authority());
  const auto message = [](const auto& made) { return made ? std::string("made") : made.error().message; };
  EXPECT_NE(message(Context::server({}, {}, clock)).find("identity: PEM: expected"), std::string::npos);
  EXPECT_NE(message(Context::server({keyed.certificate, other.private_key}, {}, clock)).find("not that of the first"),
            std::string::npos);
  EXPECT_NE(message(Context::server({keyed.certificate, "nothing"}, {}, clock)).find("expected a private key in PEM"),
            std::string::npos);
  std::string damaged = keyed.private_key;
  damaged[60] = damaged[60] == 'A' ? 'B' : 'A';
  damaged[70] = '!';
  const std::string answer = message(Context::server({keyed.certificate, damaged}, {}, clock));
  EXPECT_NE(answer.find("found one that cannot be read"), std::string::npos);
  EXPECT_EQ(answer.find(keyed.private_key.substr(30, 20)), std::string::npos);
  EXPECT_NE(message(Context::client({}, {}, clock)).find("authority of the servers"), std::string::npos);
  EXPECT_NE(message(Context::client({}, keyed.certificate, clock)).find("is not a CA certificate"), std::string::npos);
  EXPECT_NE(message(Context::server(identity(keyed), keyed.certificate, clock)).find("authority of the clients"),
            std::string::npos);
}

TEST(Refusal, TraditionalKeysAreRead) {
  for (const auto algorithm : {KeyAlgorithm::kP256, KeyAlgorithm::kP384, KeyAlgorithm::kRsa2048}) {
    const Keyed keyed = make_server(authority(), algorithm);
    const auto der = keyed.key.traditional_der();
    const std::string pem = to_pem(der->view(), keyed.key.traditional_label());
    const auto context = Context::server({keyed.certificate, pem}, {}, clock);
    EXPECT_TRUE(context) << context.error().message;
  }
}

TEST(Refusal, WeakKeys) {
  const crypto::KeyPointer weak(EVP_RSA_gen(1024));
  Bytes der(static_cast<size_t>(i2d_PrivateKey(weak.get(), nullptr)));
  uint8_t* at = der.data();
  i2d_PrivateKey(weak.get(), &at);
  const auto key = crypto::PrivateKey::from_pem(to_pem(der, "RSA PRIVATE KEY"));
  ASSERT_TRUE(key);
  auto wanted = request("weak");
  wanted.for_clients = true;
  const auto certificate = crypto::make_certificate(wanted, *key, authority().key, authority().der);
  ASSERT_TRUE(certificate) << certificate.error().message;
  const std::string pem = to_pem(*certificate, "CERTIFICATE");
  const auto context = Context::client({pem, to_pem(der, "RSA PRIVATE KEY")}, authority().certificate, clock);
  ASSERT_FALSE(context);
  EXPECT_NE(context.error().message.find("RSA key of 2048 bits or more"), std::string::npos);
}

}  // namespace
}  // namespace redoubt::tls
