// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cas/secrets/testing/session_text.h"
#include "crypto/certificate_facts.h"

namespace redoubt::cas {
namespace {

using std::chrono::days;
using std::chrono::seconds;

Materials copy_of(const Materials& materials) {
  Materials copy;
  for (const auto& [name, material] : materials) copy.emplace(name, material.copy());
  return copy;
}

TEST(RenewCertificates, AtTwoThirdsOfTheirLife) {
  const auto session = session_with({"{name: ca, kind: x509-ca}", "{name: a, kind: x509, issuer: ca, valid_for: 90d}",
                                     "{name: b, kind: x509, issuer: ca}", "{name: w, kind: ascii}"});
  const Materials before = made(session);
  EXPECT_EQ(before.at("a").renew_after, kNow + days(60));
  EXPECT_EQ(before.at("b").renew_after, kNow + seconds(days(365)) * 2 / 3);
  EXPECT_EQ(before.at("ca").renew_after, kNow + seconds(days(3650)) * 2 / 3);

  Materials now = copy_of(before);
  EXPECT_EQ(renew_certificates(session, now, kNow + days(60) - seconds(1)), false);
  EXPECT_EQ(encode_materials(now).text(), encode_materials(before).text());

  EXPECT_EQ(renew_certificates(session, now, kNow + days(60)), true);
  EXPECT_NE(now.at("a").certificate, before.at("a").certificate);
  EXPECT_NE(now.at("a").value.text(), before.at("a").value.text());
  EXPECT_EQ(now.at("a").renew_after, kNow + days(120));
  EXPECT_TRUE(crypto::certificate_issued_by(now.at("a").certificate, before.at("ca").certificate));
  for (const char* name : {"b", "ca"}) EXPECT_EQ(now.at(name).certificate, before.at(name).certificate);
  EXPECT_EQ(now.at("w").value.text(), before.at("w").value.text());
  EXPECT_EQ(renew_certificates(session, now, kNow + days(60)), false);
}

TEST(RenewCertificates, NamedKeysStay) {
  const auto session = session_with({"{name: k, kind: private-key}", "{name: a, kind: x509, private_key: k}"});
  Materials materials = made(session);
  const Bytes before = materials.at("a").certificate;
  EXPECT_EQ(renew_certificates(session, materials, kNow + days(300)), true);
  EXPECT_NE(materials.at("a").certificate, before);
  EXPECT_EQ(materials.at("a").value.text(), materials.at("k").value.text());
}

// Programs run on with what they got before: old and new must trust each other.
TEST(RenewCertificates, AuthoritiesKeepTheirKeyAndThoseBelowFollow) {
  const auto session = session_with({"{name: leaf, kind: x509, issuer: middle}",
                                     "{name: middle, kind: x509-ca, issuer: root, valid_for: 3000d}",
                                     "{name: root, kind: x509-ca, valid_for: 1000d}"});
  const Materials before = made(session);
  EXPECT_EQ(crypto::certificate_facts(before.at("middle").certificate)->until, kNow + days(1000));
  Materials now = copy_of(before);
  EXPECT_EQ(renew_certificates(session, now, kNow + days(667)), true);
  for (const char* name : {"leaf", "middle", "root"}) EXPECT_NE(now.at(name).certificate, before.at(name).certificate);
  for (const char* name : {"middle", "root"}) EXPECT_EQ(now.at(name).value.text(), before.at(name).value.text());
  EXPECT_EQ(now.at("leaf").chain, (std::vector<Bytes>{now.at("middle").certificate, now.at("root").certificate}));
  EXPECT_TRUE(crypto::certificate_issued_by(before.at("leaf").certificate, now.at("middle").certificate));
  EXPECT_TRUE(crypto::certificate_issued_by(now.at("leaf").certificate, before.at("middle").certificate));
  EXPECT_TRUE(crypto::certificate_issued_by(before.at("middle").certificate, now.at("root").certificate));
  EXPECT_GT(crypto::certificate_facts(now.at("middle").certificate)->until, kNow + days(1000));
}

TEST(RenewCertificates, FollowAnImportedIssuerThatWasRenewed) {
  const auto owner = session_with({"{name: ca, kind: x509-ca, export: test}"});
  const auto session =
      session_with({"{name: ca, import: {session: owner, secret: ca}}", "{name: a, kind: x509, issuer: ca}"});
  Materials imported = made(owner);
  auto materials = make_materials(session, nullptr, {}, imported, kNow);
  ASSERT_TRUE(materials);
  EXPECT_EQ(renew_certificates(session, *materials, kNow), false);
  materials->insert_or_assign("ca", made(owner).at("ca").copy());
  EXPECT_EQ(renew_certificates(session, *materials, kNow), true);
  EXPECT_TRUE(crypto::certificate_issued_by(materials->at("a").certificate, materials->at("ca").certificate));
  EXPECT_EQ(renew_certificates(session, *materials, kNow + days(3000)), true);  // not the imported one
}

TEST(RenewCertificates, FollowAnImportedKeyThatChanged) {
  const auto owner = session_with({"{name: k, kind: private-key, export: test}"});
  const auto session = session_with(
      {"{name: k, kind: private-key, import: {session: owner, secret: k}}", "{name: a, kind: x509, private_key: k}"});
  auto materials = make_materials(session, nullptr, {}, made(owner), kNow);
  ASSERT_TRUE(materials);
  EXPECT_EQ(renew_certificates(session, *materials, kNow), false);
  materials->insert_or_assign("k", made(owner).at("k").copy());
  EXPECT_EQ(renew_certificates(session, *materials, kNow), true);
  EXPECT_EQ(materials->at("a").value.text(), materials->at("k").value.text());
  EXPECT_EQ(renew_certificates(session, *materials, kNow), false);
}

TEST(RenewCertificates, AnErrorOfOneDoesNotStopTheOthers) {
  const auto session = session_with(
      {"{name: a, kind: x509, issuer: ca}", "{name: ca, import: {session: o, secret: ca}}", "{name: b, kind: x509}"});
  Materials imported = made(session_with({"{name: ca, kind: x509-ca, valid_for: 10d, export: test}"}));
  auto materials = make_materials(session, nullptr, {}, imported, kNow);
  ASSERT_TRUE(materials) << materials.error().message;
  const Bytes before = materials->at("b").certificate;
  const auto renewed = renew_certificates(session, *materials, kNow + days(300));
  ASSERT_FALSE(renewed);
  EXPECT_TRUE(renewed.error().message.starts_with("secret \"a\": issuer \"ca\": its certificate is valid from"));
  EXPECT_NE(materials->at("b").certificate, before);
}

}  // namespace
}  // namespace redoubt::cas
