// SPDX-License-Identifier: Apache-2.0
//
// What a runtime gets of its service's network section: the right certificates and keys beside each rule, and a refusal that
// says why when one cannot be given.
#include "cas/sessions/network_configuration.h"

#include <gtest/gtest.h>

#include "cas/sessions/testing/attester.h"

namespace redoubt::cas {
namespace {

constexpr std::string_view kCertificate = "-----BEGIN CERTIFICATE-----";

size_t count_of(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

std::string with_network(const std::string& network, const std::string& secrets) {
  std::string yaml = shop_session("    network: " + network + "\n");
  return yaml.replace(yaml.find("secrets: ["), 10, "secrets: [" + secrets + ", ");
}

struct Given {
  explicit Given(TestCas& cas) : connection(cas) {
    const auto started = connection.start();
    EXPECT_TRUE(started) << check_of(started);
    answer = connection.report_code();
    if (answer) {
      EXPECT_TRUE(wire::decode(answer->view(), configuration));
    }
  }
  TestConnection connection;
  Answer<SecretBytes> answer;
  wire::Configuration configuration;
};

const std::string kPki =
    "{name: root, kind: x509-ca}, {name: ca, kind: x509-ca, issuer: root}, {name: server, kind: x509, issuer: ca, "
    "san: [\"dns:localhost\"]}, {name: clients, kind: x509-ca}, {name: client, kind: x509, issuer: clients}";

TEST(NetworkConfiguration, IsNotGivenWithoutASection) {
  TestCas cas;
  cas.put(shop_session());
  const Given given(cas);
  EXPECT_FALSE(given.configuration.network.is_given);
}

TEST(NetworkConfiguration, HasIdentityAndAuthorityBesideEachRule) {
  TestCas cas;
  cas.put(with_network(
      "{default: unprotected, listen: [{address: \"0.0.0.0:6379\", identity: server, client_auth: clients}, "
      "{address: \"[::1]:80\", tls: off}], connect: ["
      "{address: \"db.internal:3306\", identity: client, server_auth: ca}, "
      "{address: \"10.1.2.3:*\", server_auth: ca}, {address: \"[::1]:443\", server_auth: ca}, "
      "{address: \"10.0.0.0/8:443\", server_auth: ca}, "
      "{address: \"*:443\", server_auth: ca, server_name: proxy.internal}]}",
      kPki));
  const Given given(cas);
  ASSERT_TRUE(given.answer) << given.answer.error().actual;
  const wire::Network& network = given.configuration.network;
  EXPECT_TRUE(network.is_given);
  EXPECT_FALSE(network.refuses_unnamed);
  ASSERT_EQ(network.listen.size(), 2U);
  const wire::ListenRule& shielded = network.listen[0];
  EXPECT_EQ(shielded.address, "0.0.0.0:6379");
  EXPECT_TRUE(shielded.tls);
  EXPECT_EQ(count_of(shielded.identity.certificates, kCertificate), 2U);  // its own and the issuer's, not the root's
  EXPECT_TRUE(shielded.identity.private_key.starts_with("-----BEGIN PRIVATE KEY-----"));
  EXPECT_EQ(count_of(shielded.client_authority, kCertificate), 1U);
  EXPECT_FALSE(network.listen[1].tls);
  EXPECT_TRUE(network.listen[1].identity.certificates.empty() && network.listen[1].client_authority.empty());

  ASSERT_EQ(network.connect.size(), 5U);
  EXPECT_EQ(network.connect[0].server_name, "db.internal");
  EXPECT_EQ(count_of(network.connect[0].identity.certificates, kCertificate), 1U);
  EXPECT_NE(network.connect[0].identity.private_key, shielded.identity.private_key);
  EXPECT_EQ(count_of(network.connect[0].server_authority, kCertificate), 1U);
  EXPECT_NE(network.connect[0].server_authority, shielded.client_authority);
  EXPECT_EQ(network.connect[1].server_name, "10.1.2.3");
  EXPECT_TRUE(network.connect[1].identity.certificates.empty());
  EXPECT_EQ(network.connect[2].server_name, "::1");
  EXPECT_EQ(network.connect[3].server_name, "");
  EXPECT_EQ(network.connect[4].server_name, "proxy.internal");
  EXPECT_EQ(cas.audit.all().find("PRIVATE KEY"), std::string::npos);
}

TEST(NetworkConfiguration, TakesImportedIdentities) {
  TestCas cas;
  cas.put(
      "name: pki\nversion: \"0.3\"\nsecrets: [{name: ca, kind: x509-ca, export: [{session: shop}]}, {name: server, "
      "kind: x509, issuer: ca, export: [{session: shop}]}]\n");
  cas.put(with_network("{listen: [{address: \"*:6379\", identity: server, client_auth: authority}]}",
                       "{name: server, import: {session: pki, secret: server}}, "
                       "{name: authority, import: {session: pki, secret: ca}}"));
  const Given given(cas);
  ASSERT_TRUE(given.answer) << given.answer.error().actual;
  const wire::ListenRule& rule = given.configuration.network.listen.at(0);
  EXPECT_TRUE(rule.identity.private_key.starts_with("-----BEGIN PRIVATE KEY-----"));
}

TEST(NetworkConfiguration, RefusesAnImportedSecretOfTheWrongKind) {
  TestCas cas;
  cas.put("name: pki\nversion: \"0.3\"\nsecrets: [{name: word, kind: ascii, export: [{session: shop}]}]\n");
  const auto answer = cas.sessions.put(cas.owner, "shop",
                                       with_network("{listen: [{address: \"*:6379\", identity: server}]}",
                                                    "{name: server, import: {session: pki, secret: word}}"),
                                       {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().check, "session.network");
  EXPECT_NE(answer.error().actual.find("kind ascii"), std::string::npos);
}

}  // namespace
}  // namespace redoubt::cas
