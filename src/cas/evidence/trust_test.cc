// SPDX-License-Identifier: Apache-2.0
#include "cas/evidence/trust.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "attest/sgx/test_platform.h"

namespace redoubt::cas {
namespace {

using attest::sgx::TestPlatform;

class TrustTest : public testing::Test {
 protected:
  TrustTest() {
    char pattern[] = "/tmp/redoubt-trust.XXXXXX";
    directory_ = mkdtemp(pattern);
    write("root.der", as_text(platform_.anchor().certificate.der()));
    write_collateral();
  }
  ~TrustTest() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }
  void write_collateral() const {
    const attest::CollateralFile file = platform_.collateral();
    write("collateral.json", nlohmann::json({{"tcb_info", *file.tcb_info},
                                             {"tcb_info_signature", *file.tcb_info_signature},
                                             {"tcb_info_issuer_chain", *file.tcb_info_issuer_chain},
                                             {"qe_identity", *file.qe_identity},
                                             {"qe_identity_signature", *file.qe_identity_signature},
                                             {"qe_identity_issuer_chain", *file.qe_identity_issuer_chain},
                                             {"pck_crl", *file.pck_crl},
                                             {"pck_crl_issuer_chain", *file.pck_crl_issuer_chain},
                                             {"root_ca_crl", *file.root_ca_crl}})
                                 .dump());
  }
  bool genuine(const attest::EvidenceVerifier& verifier) const {
    return verifier.verify(platform_.quote(), *parse_utc_time("2025-08-12T12:00:00Z")).genuine();
  }

  const TestPlatform platform_{attest::sgx::TestOptions{}};
  std::string directory_;
};

TEST_F(TrustTest, VerifiesUnderTheGivenRoot) {
  const auto trust = Trust::load({{}, {path("root.der")}, {path("collateral.json")}});
  ASSERT_TRUE(trust) << trust.error().message;
  ASSERT_EQ((*trust)->anchors().size(), 1u);
  EXPECT_TRUE((*trust)->anchors()[0].simulated);
  const auto verifiers = (*trust)->verifiers();
  ASSERT_EQ(verifiers.size(), 1u);
  EXPECT_TRUE(verifiers[0]->recognises(platform_.quote()));
  EXPECT_TRUE(genuine(*verifiers[0]));
}

TEST_F(TrustTest, CollateralNeedsItsRoot) {
  const auto refused = Trust::load({{}, {}, {path("collateral.json")}});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("collateral.json"), std::string::npos) << refused.error().message;
}

TEST_F(TrustTest, ReloadTakesWhatIsGenuineAndKeepsTheRest) {
  const auto trust = Trust::load({{path("root.der")}, {}, {path("collateral.json")}});
  const auto verifiers = (*trust)->verifiers();
  write("collateral.json", "{");
  (*trust)->reload();
  EXPECT_TRUE(genuine(*verifiers[0])) << "the broken file was not taken";
  write("collateral.json", "{}");
  (*trust)->reload();
  EXPECT_TRUE(genuine(*verifiers[0])) << "collateral that proves nothing was not taken";
  write_collateral();
  (*trust)->reload();
  EXPECT_TRUE(genuine(*verifiers[0]));
}

TEST_F(TrustTest, FilesThatDoNotParseAreNamed) {
  write("broken", "nothing");
  for (const TrustFiles& files : {TrustFiles{{path("broken")}, {}, {}}, TrustFiles{{}, {path("broken")}, {}},
                                  TrustFiles{{}, {}, {path("broken")}}, TrustFiles{{path("missing")}, {}, {}},
                                  TrustFiles{{}, {}, {directory_}}}) {
    const auto refused = Trust::load(files);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find(directory_), std::string::npos) << refused.error().message;
  }
}

}  // namespace
}  // namespace redoubt::cas
