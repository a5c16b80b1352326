// SPDX-License-Identifier: Apache-2.0
//
// Certificates in sessions: as principals, as public values, renewed when a program starts, and issued by another session's CA.
#include <gtest/gtest.h>

#include <algorithm>

#include "cas/sessions/public_keys.h"
#include "cas/sessions/testing/attester.h"
#include "crypto/certificate_facts.h"

namespace redoubt::cas {
namespace {

constexpr std::chrono::hours kDay(24);

// shop_session() with these secrets before its own, and the certificate in the environment.
std::string with_secrets(const std::string& secrets, const std::string& rest = "") {
  std::string yaml =
      shop_session("    environment: {CRT: \"$$SCONE::server:crt$$\", KEY: \"$$SCONE::server:privatekey$$\"}\n",
                   "tolerate: [hyperthreading]", rest);
  return yaml.replace(yaml.find("secrets: ["), 10, "secrets: [" + secrets + ", ");
}

// What the program gets as CRT.
std::string certificate(TestCas& cas) {
  // The test platform's evidence is good for one time only; the certificates' time goes on.
  const UtcTime now = cas.now;
  TestConnection connection(cas);
  cas.now = utc_time_from_unix(attest::sgx::kTestNow);
  const auto started = connection.start();
  cas.now = now;
  EXPECT_TRUE(started) << check_of(started);
  const auto answer = connection.report_code();
  wire::Configuration configuration;
  if (!answer || !wire::decode(answer->view(), configuration)) return check_of(answer);
  return std::string(configuration.environment.at(0).value);
}

TEST(SessionCertificates, AreMadeForAProgram) {
  TestCas cas;
  cas.put(with_secrets("{name: ca, kind: x509-ca, export_public: true}, {name: server, kind: x509, issuer: ca}"));
  EXPECT_TRUE(certificate(cas).starts_with("-----BEGIN CERTIFICATE-----"));
  EXPECT_EQ(certificate(cas), certificate(cas));
}

TEST(SessionCertificates, ArePublicWithoutTheirKeys) {
  TestCas cas;
  cas.put(
      "name: pki\nversion: \"0.3\"\nsecrets: [{name: key, kind: private-key, export_public: true}, {name: spki, kind: "
      "public-key, "
      "private_key: key, export_public: true}, {name: ca, kind: x509-ca, private_key: key, export_public: true}]\n");
  const auto value = [&](const std::string& secret, const std::string& form) {
    const auto answer = cas.sessions.public_value("pki", secret, form);
    return answer ? std::string(answer->text()).substr(0, 27) : answer.error().check;
  };
  EXPECT_EQ(value("ca", ""), "-----BEGIN CERTIFICATE-----");
  EXPECT_EQ(value("ca", "crt:pem"), "-----BEGIN CERTIFICATE-----");
  EXPECT_EQ(value("spki", ""), "-----BEGIN PUBLIC KEY-----\n");
  for (const char* form : {"privatekey", "privatekey:pkcs8:der", "pkcs12-with-private-key", "nonsense"}) {
    EXPECT_EQ(value("ca", form), "value.form") << form;
  }
  for (const char* form : {"", "pem", "pkcs8"}) EXPECT_EQ(value("key", form), "value.form") << form;
}

TEST(SessionCertificates, NamePrincipals) {
  TestCas cas;
  cas.put(
      "name: pki\nversion: \"0.3\"\naccess_policy: {read: [CREATOR, \"$$SCONE::spki$$\", "
      "\"$$SCONE::crt:crt$$\"]}\nsecrets: [{name: k1, "
      "kind: private-key}, {name: k2, kind: private-key}, {name: spki, kind: public-key, private_key: k1, "
      "export_public: "
      "true}, {name: crt, kind: x509, private_key: k2, export_public: true}, {name: other, kind: x509, export_public: "
      "true}]\n");
  const auto read_by = [&](const std::string& secret) {
    const std::string pem(cas.sessions.public_value("pki", secret, "").value().text());
    const auto key = secret == "spki" ? key_hash_of_public_key_pem(pem) : key_hash_of_certificate_pem(pem);
    return cas.sessions.read(Client{key.value(), ""}, "pki").has_value();
  };
  EXPECT_TRUE(read_by("spki"));
  EXPECT_TRUE(read_by("crt"));
  EXPECT_FALSE(read_by("other"));
  // A private key and a CA are nobody.
  for (const char* principal : {"$$SCONE::k$$", "$$SCONE::ca:crt$$"}) {
    const auto answer =
        cas.sessions.put(cas.owner, "x",
                         "name: x\nversion: \"0.3\"\naccess_policy: {read: [\"" + std::string(principal) +
                             "\"]}\nsecrets: [{name: k, kind: private-key}, {name: ca, kind: x509-ca}]\n",
                         {});
    ASSERT_FALSE(answer) << principal;
    EXPECT_EQ(answer.error().check, "session.access-policy") << principal;
  }
}

TEST(SessionCertificates, AreRenewedWhenAProgramStarts) {
  TestCas cas;
  cas.put(with_secrets("{name: server, kind: x509, valid_for: 30d}"));
  const std::string first = certificate(cas);
  cas.now += 19 * kDay;
  EXPECT_EQ(certificate(cas), first);
  cas.now += 2 * kDay;
  const std::string second = certificate(cas);
  EXPECT_NE(second, first);
  EXPECT_TRUE(second.starts_with("-----BEGIN CERTIFICATE-----"));
  EXPECT_EQ(certificate(cas), second);  // it was stored
  EXPECT_EQ(cas.store.get(RecordKind::kMaterials, "shop").value()->version, 2U);
  // And an update after a renewal finds the right version.
  cas.put(with_secrets("{name: server, kind: x509, valid_for: 30d}",
                       "predecessor: " + cas.sessions.hash(cas.owner, "shop").value() + "\n"));
}

TEST(SessionCertificates, AnotherThreadMayRenewThemFirst) {
  TestCas cas;
  cas.put(with_secrets("{name: server, kind: x509, valid_for: 30d}"));
  cas.now += 21 * kDay;
  std::string inner;
  cas.store.before_commit = [&] { inner = certificate(cas); };
  const std::string outer = certificate(cas);
  EXPECT_EQ(outer, inner);
}

TEST(SessionCertificates, FollowTheIssuerOfAnotherSession) {
  TestCas cas;
  const std::string pki =
      "name: pki\nversion: \"0.3\"\nsecrets: [{name: ca, kind: x509-ca, export: [{session: shop}]}]\n";
  cas.put(pki);
  cas.put(with_secrets("{name: ca, import: {session: pki, secret: ca}}, {name: server, kind: x509, issuer: ca}"));
  const std::string first = certificate(cas);
  EXPECT_EQ(certificate(cas), first);
  cas.put(pki + "predecessor: " + cas.sessions.hash(cas.owner, "pki").value() + "\n");  // makes the CA anew
  const std::string second = certificate(cas);
  EXPECT_NE(second, first);
  EXPECT_EQ(certificate(cas), second);
  std::string closed = pki;
  closed.erase(closed.find(", export:"), closed.find("}]}") + 2 - closed.find(", export:"));
  cas.put(closed + "predecessor: " + cas.sessions.hash(cas.owner, "pki").value() + "\n");
  EXPECT_EQ(certificate(cas), "session.import");
}

}  // namespace
}  // namespace redoubt::cas
