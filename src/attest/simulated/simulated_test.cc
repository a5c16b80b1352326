// SPDX-License-Identifier: Apache-2.0
//
// A simulated platform from its directory to a verdict: what LAS signs is what CAS accepts, under this root only, marked as
// simulated, until the collateral expires, and again after a renewal.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "attest/make_verifier.h"
#include "attest/policy.h"
#include "attest/simulated/directory.h"
#include "attest/simulated/evidence_source.h"

namespace redoubt::attest::simulated {
namespace {

using std::chrono::days;
namespace fs = std::filesystem;

const UtcTime kNow = utc_time_from_unix(1755000000);

class SimulatedPlatform : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "redoubt-simulated.XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    base_ = name;
  }
  void TearDown() override { fs::remove_all(base_); }

  std::string create(const char* name) {
    const std::string path = (base_ / name).string();
    const auto platform = make_platform(kNow);
    EXPECT_TRUE(platform);
    const auto collateral = make_collateral(platform->authority, kNow, days(30));
    const auto written = write_directory(path, *platform, *collateral);
    EXPECT_TRUE(written) << written.error().message;
    return path;
  }
  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::unique_ptr<EvidenceVerifier> verifier(const std::string& path) {
    auto made = make_verifier(read(path + "/root.pem"), read(path + "/collateral.json"), /*simulated=*/true);
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
  }
  static Bytes evidence(const std::string& path, const ProcessClaims& claims) {
    ByteArray<64> report_data;
    report_data.fill(0xDA);
    return *SimulatedSgx(*read_quoting_key(path)).evidence(claims, report_data);
  }

  fs::path base_;
};

std::vector<std::string> reasons(const Appraisal& appraisal) {
  std::vector<std::string> checks;
  for (const Finding& reason : Policy().reasons_to_refuse(appraisal)) checks.push_back(reason.check);
  return checks;
}

TEST_F(SimulatedPlatform, ItsQuotesSayWhatWasMeasured) {
  const std::string path = create("a");
  ProcessClaims claims;
  claims.executable_sha256.fill(0x11);
  const Appraisal appraisal = verifier(path)->verify(evidence(path, claims), kNow);
  ASSERT_TRUE(appraisal.genuine()) << appraisal.failure->check << ": " << appraisal.failure->actual;
  EXPECT_EQ(reasons(appraisal), (std::vector<std::string>{"root.simulated"}));
  const auto& said = std::get<sgx::Claims>(appraisal.claims);
  EXPECT_EQ(said.mrenclave, claims.executable_sha256);
  EXPECT_EQ(said.mrsigner, process_signer());
  EXPECT_EQ(said.isv_prod_id, kProcessProductId);
  EXPECT_EQ(said.isv_svn, kProcessSvn);
  EXPECT_EQ(said.report_data[63], 0xDA);
  EXPECT_FALSE(said.debug);

  claims.debug = true;
  EXPECT_EQ(reasons(verifier(path)->verify(evidence(path, claims), kNow)),
            (std::vector<std::string>{"enclave.debug", "root.simulated"}));
}

TEST_F(SimulatedPlatform, AnotherRootRefusesIt) {
  const std::string one = create("one"), other = create("other");
  EXPECT_EQ(verifier(other)->verify(evidence(one, {}), kNow).failure->check, "pck-chain.root");
  const auto mixed = make_verifier(read(one + "/root.pem"), read(other + "/collateral.json"), true);
  ASSERT_FALSE(mixed);
  EXPECT_NE(mixed.error().message.find("tcb-signing-chain.root"), std::string::npos);
  EXPECT_FALSE(make_verifier("root", read(one + "/collateral.json"), true));
  EXPECT_FALSE(make_verifier(read(one + "/root.pem"), "{", true));
  const auto unmarked = make_verifier(read(one + "/root.pem"), read(one + "/collateral.json"), /*simulated=*/false);
  EXPECT_TRUE(reasons((*unmarked)->verify(evidence(one, {}), kNow)).empty());
}

TEST_F(SimulatedPlatform, ExpiresAndIsRenewed) {
  const std::string path = create("a");
  const SimulatedSgx source(*read_quoting_key(path));
  EXPECT_TRUE(check_directory(path, source, kNow));
  EXPECT_TRUE(check_directory(path, source, kNow + days(30)));
  EXPECT_FALSE(check_directory(path, source, kNow + days(31)));
  EXPECT_FALSE(check_directory(path, source, kNow - days(1)));
  const auto authority = read_authority(path);
  ASSERT_TRUE(authority) << authority.error().message;
  ASSERT_TRUE(replace_collateral(path, *make_collateral(*authority, kNow + days(31), days(7))));
  EXPECT_TRUE(check_directory(path, source, kNow + days(38)));
  EXPECT_FALSE(check_directory(path, source, kNow + days(39)));
}

TEST_F(SimulatedPlatform, KeepsItsKeysPrivate) {
  const std::string path = create("a");
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700U);
  size_t keys = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.path().extension() != ".key") continue;
    ++keys;
    ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600U) << entry.path();
  }
  EXPECT_EQ(keys, 4U);
  ASSERT_EQ(chmod((path + "/platform/attestation.key").c_str(), 0640), 0);
  EXPECT_FALSE(read_quoting_key(path));
  ASSERT_EQ(chmod((path + "/authority/root.key").c_str(), 0644), 0);
  EXPECT_FALSE(read_authority(path));
}

TEST_F(SimulatedPlatform, NeverOverwrites) {
  const std::string path = create("a");
  const auto platform = make_platform(kNow);
  const auto collateral = make_collateral(platform->authority, kNow, days(1));
  EXPECT_FALSE(write_directory(path, *platform, *collateral));
  fs::create_directory(base_ / "empty");
  EXPECT_TRUE(write_directory((base_ / "empty").string(), *platform, *collateral));
}

}  // namespace
}  // namespace redoubt::attest::simulated
