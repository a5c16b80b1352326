// SPDX-License-Identifier: Apache-2.0
#include "crypto/private_key.h"

#include <gtest/gtest.h>

#include "crypto/certificate_builder.h"
#include "crypto/certificate_facts.h"
#include "crypto/openpgp_key.h"
#include "crypto/secret_text.h"

namespace redoubt::crypto {
namespace {

constexpr UtcTime kNow = utc_time_from_unix(1'790'000'000);

TEST(PrivateKey, ComesBackFromEveryForm) {
  for (const KeyAlgorithm algorithm :
       {KeyAlgorithm::kP256, KeyAlgorithm::kP384, KeyAlgorithm::kEd25519, KeyAlgorithm::kRsa2048}) {
    const auto key = PrivateKey::generate(algorithm);
    ASSERT_TRUE(key);
    const auto pkcs8 = key->pkcs8_der();
    const auto traditional = key->traditional_der();
    const auto again = PrivateKey::from_pkcs8(pkcs8->view());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->pkcs8_der()->text(), pkcs8->text());
    for (const SecretBytes& pem :
         {to_pem(pkcs8->view(), "PRIVATE KEY"), to_pem(traditional->view(), key->traditional_label())}) {
      const auto read = PrivateKey::from_pem(pem.text());
      ASSERT_TRUE(read);
      EXPECT_EQ(read->pkcs8_der()->text(), pkcs8->text());
      EXPECT_EQ(*read->public_der(), *key->public_der());
    }
  }
}

TEST(PrivateKey, RefusesWhatIsNotExactlyAKey) {
  const auto key = PrivateKey::generate(KeyAlgorithm::kP256);
  const auto der = key->pkcs8_der();
  for (size_t size = 0; size < der->size(); ++size) EXPECT_FALSE(PrivateKey::from_pkcs8(der->view().first(size)));
  EXPECT_FALSE(PrivateKey::from_pkcs8(concatenated({der->view(), as_bytes("x")}).view()));
  EXPECT_FALSE(PrivateKey::from_pkcs8(key->traditional_der()->view()));
  EXPECT_FALSE(PrivateKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
  EXPECT_FALSE(PrivateKey::from_pem(""));
}

TEST(PrivateKey, SignsEs384WithP384Only) {
  EXPECT_EQ(PrivateKey::generate(KeyAlgorithm::kP384)->sign_es384(as_bytes("m"))->size(), 96U);
  EXPECT_EQ(PrivateKey::generate(KeyAlgorithm::kP256)->sign_es384(as_bytes("m")).error().code, ErrorCode::kUnsupported);
}

TEST(Certificate, SerialNumbersDifferAndSignaturesHold) {
  const auto key = PrivateKey::generate(KeyAlgorithm::kP256);
  const auto other = PrivateKey::generate(KeyAlgorithm::kP256);
  CertificateRequest request;
  request.common_name = "root";
  request.from = kNow;
  request.until = kNow + std::chrono::days(1);
  request.authority = true;
  const auto one = make_certificate(request, *key, *key, {});
  const auto two = make_certificate(request, *key, *key, {});
  ASSERT_TRUE(one && two);
  EXPECT_NE(*one, *two);
  EXPECT_TRUE(certificate_issued_by(*one, *one));
  EXPECT_TRUE(certificate_is_for(*one, *key));
  EXPECT_FALSE(certificate_is_for(*one, *other));
  const auto facts = certificate_facts(*one);
  ASSERT_TRUE(facts);
  EXPECT_TRUE(facts->self_signed && facts->may_issue);
  // Basic constraints in DER: OpenSSL reads any TRUE, others only this one.
  const std::string_view constraints("\x06\x03\x55\x1d\x13\x01\x01\xff\x04\x05\x30\x03\x01\x01\xff", 15);
  EXPECT_TRUE(as_text(*one).contains(constraints));
  EXPECT_EQ(facts->from, request.from);
  EXPECT_EQ(facts->until, request.until);
  EXPECT_EQ(facts->path_length, std::nullopt);

  request.authority = false;
  request.common_name = "leaf";
  const auto leaf = make_certificate(request, *other, *key, *one);
  ASSERT_TRUE(leaf);
  EXPECT_TRUE(certificate_issued_by(*leaf, *one));
  EXPECT_FALSE(certificate_issued_by(*one, *leaf));
  EXPECT_FALSE(certificate_facts(*leaf)->may_issue);
  // Names and identifiers fit, the signature does not.
  const auto forged = make_certificate(request, *other, *other, *one);
  EXPECT_FALSE(certificate_issued_by(*forged, *one));
}

TEST(Certificate, CutOffOrFollowedBySomethingIsNone) {
  const auto key = PrivateKey::generate(KeyAlgorithm::kEd25519);
  CertificateRequest request;
  request.common_name = "a";
  request.from = request.until = kNow;
  const auto der = make_certificate(request, *key, *key, {});
  ASSERT_TRUE(der);
  for (size_t size = 0; size < der->size(); ++size) EXPECT_FALSE(certificate_facts(ByteView(*der).first(size)));
  Bytes longer = *der;
  longer.push_back(0);
  EXPECT_FALSE(certificate_facts(longer));
}

TEST(OpenPgpKey, IsReadFromItsArmorAndNotFromDamagedOnes) {
  const auto key = generate_openpgp_key("who", kNow);
  ASSERT_TRUE(key);
  const SecretBytes armor = openpgp_armor(key->secret.view(), "PGP PRIVATE KEY BLOCK");
  const auto read = read_openpgp_key(armor.text());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->secret.text(), key->secret.text());
  EXPECT_EQ(read->open, key->open);
  const auto open = read_openpgp_key(openpgp_armor(key->open, "PGP PUBLIC KEY BLOCK").text());
  ASSERT_TRUE(open);
  EXPECT_TRUE(open->secret.empty());
  EXPECT_EQ(open->open, key->open);

  EXPECT_FALSE(read_openpgp_key(openpgp_armor(key->secret.view(), "PGP PUBLIC KEY BLOCK").text()));
  EXPECT_FALSE(read_openpgp_key(openpgp_armor(key->open, "PGP PRIVATE KEY BLOCK").text()));
  EXPECT_FALSE(read_openpgp_key("PGP"));
  std::string damaged(armor.text());
  damaged[damaged.size() / 2] = damaged[damaged.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(read_openpgp_key(damaged));
  for (size_t size = 0; size < key->secret.size(); size += 7) {
    // A cut between packets leaves a shorter key that is one; the public half never has more than the whole.
    const auto cut = read_openpgp_key(openpgp_armor(key->secret.view().first(size), "PGP PRIVATE KEY BLOCK").text());
    EXPECT_TRUE(!cut || cut->open.size() < key->open.size()) << size;
  }
}

}  // namespace
}  // namespace redoubt::crypto
