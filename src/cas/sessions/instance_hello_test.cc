// SPDX-License-Identifier: Apache-2.0
//
// An instance that introduces itself on another connection: with its key it may send tags, with any other signature it may not.
#include "cas/sessions/instance_hello.h"

#include <gtest/gtest.h>

#include "cas/sessions/testing/volumes.h"

namespace redoubt::cas {
namespace {

struct HelloTest : testing::Test {
  HelloTest() {
    cas.put(volume_session());
    TestConnection connection(cas);
    connection.instance_key = key.public_key().coordinates();
    EXPECT_TRUE(connection.start());
    const auto answer = connection.report_code();
    wire::Configuration configuration;
    EXPECT_TRUE(answer && wire::decode(answer->view(), configuration));
    volume = configuration.volumes.at(0).id;
  }
  static ByteArray<32> nonce_of(Attestation& attestation) {
    const auto answer = attestation.instance_challenge();
    wire::ChallengeReply reply;
    EXPECT_TRUE(answer && wire::decode(answer->view(), reply));
    return reply.nonce;
  }
  Bytes hello(const ByteArray<32>& exporter, const ByteArray<32>& cas_key, const ByteArray<32>& nonce) const {
    const Bytes message = instance_message({exporter, cas_key, nonce});
    return wire::encode(
        wire::InstanceHello{.instance_key = key.public_key().coordinates(), .signature = key.sign(message).value()});
  }
  Bytes tag(uint64_t sequence) const {
    return wire::encode(wire::VolumeTagRequest{.volume = volume, .lease = 1, .tag = {sequence, {}}});
  }

  TestCas cas;
  crypto::P256SigningKey key = crypto::P256SigningKey::generate().value();
  ByteArray<16> volume{};
  const ByteArray<32> exporter{4, 4};
  Attestation attestation{cas.service, {.attestation = {1}, .instance = exporter}};
};

TEST_F(HelloTest, MaySendTagsAfterIt) {
  EXPECT_EQ(check_of(attestation.instance(hello(exporter, cas.key, nonce_of(attestation)))), "");
  EXPECT_EQ(check_of(attestation.volume_tag(tag(1))), "");
  EXPECT_EQ(check_of(attestation.volume_tag(tag(2))), "");
}

TEST_F(HelloTest, AnotherChannelCasOrChallengeIsRefused) {
  const auto refused = [&](const ByteArray<32>& with_exporter, const ByteArray<32>& with_key, bool old_nonce) {
    Attestation fresh(cas.service, {.attestation = {1}, .instance = exporter});
    ByteArray<32> nonce = nonce_of(fresh);
    if (old_nonce) nonce[0] ^= 1;
    const std::string check = check_of(fresh.instance(hello(with_exporter, with_key, nonce)));
    EXPECT_EQ(check_of(fresh.volume_tag(tag(1))), "request.order");
    return check;
  };
  EXPECT_EQ(refused({9}, cas.key, false), "instance.signature");
  EXPECT_EQ(refused({1}, cas.key, false), "instance.signature");  // the exporter of the attestation
  EXPECT_EQ(refused(exporter, {9}, false), "instance.signature");
  EXPECT_EQ(refused(exporter, cas.key, true), "instance.signature");
  EXPECT_NE(cas.audit.all().find("instance.refused refused"), std::string::npos);
}

TEST_F(HelloTest, AKeyOfItsOwnMayNotSendTagsOfOthers) {
  const crypto::P256SigningKey other = crypto::P256SigningKey::generate().value();
  const Bytes message = instance_message({exporter, cas.key, nonce_of(attestation)});
  const Bytes body = wire::encode(
      wire::InstanceHello{.instance_key = other.public_key().coordinates(), .signature = other.sign(message).value()});
  EXPECT_EQ(check_of(attestation.instance(body)), "");  // it is who it says
  EXPECT_EQ(check_of(attestation.volume_tag(tag(1))), "volume.lease");
}

TEST_F(HelloTest, MalformedOnesAndWrongOrder) {
  EXPECT_EQ(check_of(attestation.instance(hello(exporter, cas.key, {}))), "request.order");
  const auto form = [&](const Bytes& body) {
    Attestation fresh(cas.service, {.attestation = {1}, .instance = exporter});
    nonce_of(fresh);
    return check_of(fresh.instance(body));
  };
  EXPECT_EQ(form({}), "request.form");
  EXPECT_EQ(form(Bytes(130, 0)), "request.form");
  EXPECT_EQ(form(Bytes(131, 0xff)), "request.form");
  wire::InstanceHello no_point{.instance_key = {1, 2, 3}, .signature = {}};
  EXPECT_EQ(form(wire::encode(no_point)), "request.form");
  wire::InstanceHello later{.version = 2, .instance_key = key.public_key().coordinates(), .signature = {}};
  EXPECT_EQ(form(wire::encode(later)), "request.form");
  Attestation fresh(cas.service, {.attestation = {1}, .instance = exporter});
  nonce_of(fresh);
  EXPECT_EQ(check_of(fresh.attest({})), "request.order");
}

}  // namespace
}  // namespace redoubt::cas
