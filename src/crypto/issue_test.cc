// SPDX-License-Identifier: Apache-2.0
//
// Keys, certificates and CRLs made here are what crypto/x509 reads.
#include "crypto/issue.h"

#include <gtest/gtest.h>

#include "crypto/signing_key.h"

namespace redoubt::crypto {
namespace {

const Validity kValidity{utc_time_from_unix(1750000000), utc_time_from_unix(1760000000)};

TEST(SigningKey, SurvivesItsPemForm) {
  const auto key = P256SigningKey::generate();
  ASSERT_TRUE(key);
  const auto pem = key->to_pem();
  ASSERT_TRUE(pem);
  const auto again = P256SigningKey::from_pem(pem->view());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key(), key->public_key());
  const auto signature = again->sign(as_bytes("message"));
  ASSERT_TRUE(signature);
  EXPECT_TRUE(key->public_key().verifies(as_bytes("message"), *signature));
  EXPECT_FALSE(key->public_key().verifies(as_bytes("Message"), *signature));
  EXPECT_FALSE(P256SigningKey::from_pem(as_bytes("-----BEGIN PRIVATE KEY-----")));
}

TEST(Issue, MakesWhatTheReaderReads) {
  const auto root_key = P256SigningKey::generate(), leaf_key = P256SigningKey::generate();
  const auto root = issue_root({.subject = {"Root", "Organisation"},
                                .serial = {0xFF, 1},
                                .validity = kValidity,
                                .authority = true,
                                .path_length = 1,
                                .key_usage = "critical,keyCertSign,cRLSign",
                                .extensions = {}},
                               *root_key);
  ASSERT_TRUE(root);
  EXPECT_EQ(root->subject().common_name, "Root");
  EXPECT_TRUE(root->self_issued() && root->may_sign_certificates() && root->may_sign_crls() && !root->may_sign_data());
  EXPECT_EQ(root->path_length(), 1);
  EXPECT_EQ(root->serial(), (Bytes{0xFF, 1}));
  EXPECT_EQ(root->validity().until, kValidity.until);

  const auto leaf = issue_certificate(
      {.subject = {"Leaf", ""}, .serial = {7}, .validity = kValidity, .extensions = {{"1.2.3.4", false, {5, 0}}}},
      leaf_key->public_key(), {*root, *root_key});
  ASSERT_TRUE(leaf);
  EXPECT_TRUE(leaf->signed_by(root_key->public_key()));
  EXPECT_FALSE(leaf->signed_by(leaf_key->public_key()));
  EXPECT_TRUE(leaf->may_sign_data() && !leaf->is_authority());
  EXPECT_EQ(**leaf->extension("1.2.3.4"), (Bytes{5, 0}));
  EXPECT_TRUE(to_pem(*leaf).starts_with("-----BEGIN CERTIFICATE-----\n"));

  const auto crl = RevocationList::from_der(*issue_crl({*root, *root_key}, kValidity, {{9}, {7}}));
  ASSERT_TRUE(crl);
  EXPECT_TRUE(crl->signed_by(root_key->public_key()));
  EXPECT_TRUE(crl->revokes(*leaf));
  EXPECT_EQ(crl->revoked_count(), 2U);
  EXPECT_FALSE(RevocationList::from_der(*issue_crl({*root, *root_key}, kValidity, {{8}}))->revokes(*leaf));
}

TEST(Issue, SerialNumbersDiffer) {
  EXPECT_NE(*random_serial(), *random_serial());
  EXPECT_EQ(random_serial()->size(), 16U);
}

}  // namespace
}  // namespace redoubt::crypto
