// SPDX-License-Identifier: Apache-2.0
//
// The verifier against platforms made up here, each wrong in one place: nothing from outside is needed.
#include "attest/sgx/verifier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "attest/policy.h"
#include "attest/sgx/test_platform.h"
#include "crypto/hex.h"

namespace redoubt::attest::sgx {
namespace {

Appraisal verify(const TestPlatform& platform, int64_t at = kTestNow) {
  return Verifier(platform.collateral(), {platform.anchor()}).verify(platform.quote(), utc_time_from_unix(at));
}

// The failing check of a platform that was changed before it was made, or its result.
std::string outcome(const std::function<void(TestOptions&)>& change) {
  TestOptions options;
  change(options);
  const Appraisal appraisal = verify(TestPlatform(options));
  return appraisal.failure ? appraisal.failure->check : appraisal.result;
}

// What the strictest policy minds: the checks, in order.
std::vector<std::string> reasons(const Appraisal& appraisal, const Policy& policy = {}) {
  std::vector<std::string> checks;
  for (const Finding& reason : policy.reasons_to_refuse(appraisal)) checks.push_back(reason.check);
  return checks;
}

TEST(SgxVerifier, AcceptsAGoodQuote) {
  const TestPlatform platform;
  const Appraisal appraisal = verify(platform);
  ASSERT_TRUE(appraisal.genuine()) << appraisal.failure->check << ": " << appraisal.failure->actual;
  EXPECT_EQ(appraisal.result, "UpToDate");
  EXPECT_TRUE(appraisal.concerns.empty());
  const auto& claims = std::get<Claims>(appraisal.claims);
  EXPECT_EQ(claims.report_data[63], 0xDA);
  EXPECT_EQ(crypto::to_hex(claims.fmspc), "0a0b0c0d0e0f");
  EXPECT_TRUE(claims.simultaneous_multithreading);
  EXPECT_FALSE(claims.debug);
  EXPECT_EQ(appraisal.valid_from, utc_time_from_unix(kTestIssued));
  EXPECT_EQ(appraisal.valid_until, utc_time_from_unix(kTestExpires));
  EXPECT_EQ(appraisal.tcb->evaluation_number, 17U);
}

TEST(SgxVerifier, TakesChainsFromWhereTheyAre) {
  EXPECT_EQ(outcome([](auto& options) { options.chain_without_root = true; }), "UpToDate");
  EXPECT_EQ(outcome([](auto& options) { options.certification_type = 4; }), "pck-chain.missing");
  for (const uint16_t type : {1, 2, 3, 4}) {
    TestOptions options;
    options.certification_type = type;
    const TestPlatform platform(options);
    CollateralFile collateral = platform.collateral();
    collateral.pck_certificate_chain = platform.pck_chain();
    const Verifier verifier(collateral, {platform.anchor()});
    EXPECT_EQ(verifier.verify(platform.quote(), utc_time_from_unix(kTestNow)).result, "UpToDate") << type;
  }
}

TEST(SgxVerifier, BytesAfterTheQuoteAreNotPartOfIt) {
  EXPECT_EQ(outcome([](auto& options) { options.change_signed_quote = [](Bytes& quote) { quote.resize(8000); }; }),
            "UpToDate");
}

TEST(SgxVerifier, RefusesEveryShorterQuote) {
  const TestPlatform platform;
  const Verifier verifier(platform.collateral(), {platform.anchor()});
  const Bytes quote = platform.quote();
  for (size_t size = 0; size < quote.size(); size += size < 1100 ? 1 : 97) {
    EXPECT_FALSE(verifier.verify(ByteView(quote).first(size), utc_time_from_unix(kTestNow)).genuine()) << size;
  }
}

TEST(SgxVerifier, ChecksTheHeader) {
  const auto changed = [](auto change) {
    return outcome([&](auto& options) { options.change_report = [&](SignedPartV3& part) { change(part.header); }; });
  };
  EXPECT_EQ(changed([](auto& header) { header.version = 4; }), "quote.version");
  EXPECT_EQ(changed([](auto& header) { header.attestation_key_type = 3; }), "quote.key-type");
  EXPECT_EQ(changed([](auto& header) { header.tee_type = 0x81; }), "quote.tee-type");
  EXPECT_EQ(changed([](auto& header) { header.qe_vendor_id[0] ^= 1; }), "quote.vendor");
}

TEST(SgxVerifier, ChecksEverySignatureAndBinding) {
  const auto flipped = [](size_t offset) {
    return outcome([=](auto& options) { options.change_signed_quote = [=](Bytes& quote) { quote.at(offset) ^= 1; }; });
  };
  EXPECT_EQ(flipped(20), "quote.vendor");
  EXPECT_EQ(flipped(40), "quote.signature");
  EXPECT_EQ(flipped(48 + 64), "quote.signature");
  EXPECT_EQ(flipped(436), "quote.signature");
  EXPECT_EQ(flipped(436 + 64), "qe-report.attestation-key");
  EXPECT_EQ(flipped(436 + 128), "qe-report.signature");
  EXPECT_EQ(flipped(436 + 512), "qe-report.signature");
  EXPECT_EQ(flipped(436 + 576 + 2), "qe-report.attestation-key");
  // The second half of the QE's report data is zero.
  EXPECT_EQ(outcome([](auto& options) { options.change_qe_report = [](auto& report) { report.report_data[32] = 1; }; }),
            "qe-report.attestation-key");
}

TEST(SgxVerifier, ChecksCertificates) {
  EXPECT_EQ(outcome([](auto& options) { options.pck.name = "Somebody"; }), "pck-chain.name");
  EXPECT_EQ(outcome([](auto& options) { options.pck_ca.name = "Intel SGX TCB Signing"; }), "crl-issuer-chain.name");
  EXPECT_EQ(outcome([](auto& options) { options.tcb_signing.name = "Intel SGX PCK Certificate"; }),
            "tcb-signing-chain.name");
  EXPECT_EQ(outcome([](auto& options) { options.pck.foreign_critical = true; }), "pck-chain.critical-extension");
  EXPECT_EQ(outcome([](auto& options) { options.pck_ca.authority = false; }), "pck-crl.signature");
  EXPECT_EQ(outcome([](auto& options) { options.pck_ca.omit_key_usage_sign = true; }), "pck-chain.authority");
  EXPECT_EQ(outcome([](auto& options) { options.root.path_length = 0; }), "pck-chain.path-length");
}

TEST(SgxVerifier, ChecksRevocation) {
  EXPECT_EQ(outcome([](auto& options) { options.revoked_by_pck_ca = {9, 3}; }), "revocation");
  EXPECT_EQ(outcome([](auto& options) { options.revoked_by_root = {2}; }), "revocation");
  EXPECT_EQ(outcome([](auto& options) { options.revoked_by_root = {4}; }), "revocation");
  // Another authority's certificate with the same number.
  EXPECT_EQ(outcome([](auto& options) { options.revoked_by_root = {3, 5}; }), "UpToDate");
}

TEST(SgxVerifier, NeedsCrlsOrTolerance) {
  const TestPlatform platform;
  CollateralFile collateral = platform.collateral();
  collateral.root_ca_crl.reset();
  collateral.pck_crl.reset();
  const Appraisal appraisal =
      Verifier(collateral, {platform.anchor()}).verify(platform.quote(), utc_time_from_unix(kTestNow));
  EXPECT_EQ(reasons(appraisal), (std::vector<std::string>{"revocation.missing", "revocation.missing"}));
  Policy policy;
  ASSERT_TRUE(policy.tolerate("missing-crl"));
  EXPECT_TRUE(reasons(appraisal, policy).empty());
}

TEST(SgxVerifier, ChecksThePckExtension) {
  const Bytes good = make_pck_extension({}, 1, false);
  EXPECT_EQ(outcome([&](auto& options) { options.pck_extension = Bytes(good.begin(), good.end() - 1); }),
            "pck-extension");
  EXPECT_EQ(outcome([&](auto& options) { options.pck_extension = {0x30, 0x00}; }), "pck-extension");
}

TEST(SgxVerifier, ChecksTheQuotingEnclave) {
  const auto changed = [](auto change) {
    return outcome([&](auto& options) { options.change_qe_report = [&](ReportBody& report) { change(report); }; });
  };
  EXPECT_EQ(changed([](auto& report) { report.mrsigner[0] ^= 1; }), "qe-identity.mrsigner");
  EXPECT_EQ(changed([](auto& report) { report.isv_prod_id = 2; }), "qe-identity.isvprodid");
  EXPECT_EQ(changed([](auto& report) { report.misc_select = 1; }), "qe-identity.miscselect");
  EXPECT_EQ(changed([](auto& report) { report.attributes.flags = 0x17; }), "qe-identity.attributes");
  EXPECT_EQ(changed([](auto& report) { report.attributes.flags = 0x11; }), "UpToDate");  // bit 2 is masked
  EXPECT_EQ(changed([](auto& report) { report.isv_svn = 9; }), "UpToDate");
  EXPECT_EQ(changed([](auto& report) { report.isv_svn = 7; }), "OutOfDate");
  EXPECT_EQ(changed([](auto& report) { report.isv_svn = 5; }), "qe-identity.isvsvn");
}

TEST(SgxVerifier, FindsTheLevel) {
  const auto at = [](uint8_t first_svn, uint16_t pce_svn) {
    TestOptions options;
    options.component_svns[0] = first_svn;
    options.pce_svn = pce_svn;
    return verify(TestPlatform(options)).result;
  };
  EXPECT_EQ(at(5, 11), "UpToDate");
  EXPECT_EQ(at(255, 65535), "UpToDate");
  EXPECT_EQ(at(4, 11), "OutOfDate");
  EXPECT_EQ(at(5, 10), "OutOfDate");
  EXPECT_EQ(at(2, 11), "TCB_NOT_SUPPORTED");
  EXPECT_EQ(at(5, 8), "TCB_NOT_SUPPORTED");
}

TEST(SgxVerifier, CombinesPlatformAndQuotingEnclave) {
  const auto with = [](const char* platform, const char* qe) {
    TestOptions options;
    options.tcb_info_text = TestPlatform::tcb_info_text(TestPlatform::tcb_level(0, 0, platform));
    options.qe_identity_text = TestPlatform::qe_identity_text(TestPlatform::qe_level(0, qe));
    return verify(TestPlatform(options)).result;
  };
  EXPECT_EQ(with("UpToDate", "UpToDate"), "UpToDate");
  EXPECT_EQ(with("UpToDate", "OutOfDate"), "OutOfDate");
  EXPECT_EQ(with("SWHardeningNeeded", "OutOfDate"), "OutOfDate");
  EXPECT_EQ(with("ConfigurationNeeded", "OutOfDate"), "OutOfDateConfigurationNeeded");
  EXPECT_EQ(with("ConfigurationAndSWHardeningNeeded", "OutOfDate"), "OutOfDateConfigurationNeeded");
  EXPECT_EQ(with("ConfigurationNeeded", "UpToDate"), "ConfigurationNeeded");
  EXPECT_EQ(with("UpToDate", "Revoked"), "Revoked");
  EXPECT_EQ(with("Revoked", "UpToDate"), "Revoked");
  EXPECT_EQ(with("Splendid", "UpToDate"), "NOT_GENUINE");
}

TEST(SgxVerifier, AppliesAPolicy) {
  TestOptions options;
  options.component_svns[0] = 4;
  options.change_report = [](SignedPartV3& part) { part.body.attributes.flags = 7; };
  const Appraisal appraisal = verify(TestPlatform(options));
  EXPECT_EQ(reasons(appraisal),
            (std::vector<std::string>{"tcb.status", "tcb.advisory", "tcb.advisory", "enclave.debug"}));
  Policy policy;
  ASSERT_TRUE(policy.tolerate("OutOfDate"));
  ASSERT_TRUE(policy.tolerate("debug-mode"));
  policy.ignore_advisory("INTEL-SA-00001");
  EXPECT_EQ(reasons(appraisal, policy), (std::vector<std::string>{"tcb.advisory"}));
  policy.ignore_advisory("INTEL-SA-00002");
  EXPECT_TRUE(reasons(appraisal, policy).empty());
  EXPECT_FALSE(policy.tolerate("Revoked"));
  EXPECT_FALSE(policy.tolerate("anything"));
  EXPECT_TRUE(policy.tolerate("outdated-tcb"));
}

TEST(SgxVerifier, MindsTimesDebugSignersAndSimulation) {
  const TestPlatform platform;
  EXPECT_TRUE(reasons(verify(platform, kTestExpires)).empty());
  EXPECT_FALSE(reasons(verify(platform, kTestExpires + 1)).empty());
  EXPECT_FALSE(reasons(verify(platform, kTestIssued - 1)).empty());

  TestOptions options;
  options.change_report = [](SignedPartV3& part) {
    part.body.attributes.flags = 4;
    part.body.mrsigner =
        *crypto::array_from_hex<32>("83d719e77deaca1470f6baf62a4d774303c899db69020f9c70ee1dfc08c7ce9e");
  };
  EXPECT_EQ(reasons(verify(TestPlatform(options))), (std::vector<std::string>{"enclave.init", "enclave.signer"}));

  const Verifier simulated(platform.collateral(), {platform.anchor(/*simulated=*/true)});
  EXPECT_EQ(reasons(simulated.verify(platform.quote(), utc_time_from_unix(kTestNow))),
            (std::vector<std::string>{"root.simulated"}));
}

// What is remembered of a key must not make a later quote better than it is.
TEST(SgxVerifier, RemembersKeysButNoVerdicts) {
  TestOptions options;
  bool debug = false;
  options.change_report = [&debug](SignedPartV3& part) { part.body.attributes.flags = debug ? 7 : 5; };
  const TestPlatform platform(options);
  const Verifier verifier(platform.collateral(), {platform.anchor()});
  const auto check = [&](const Bytes& quote, int64_t at = kTestNow) {
    const Appraisal appraisal = verifier.verify(quote, utc_time_from_unix(at));
    if (appraisal.failure) return appraisal.failure->check;
    const auto why = reasons(appraisal);
    return why.empty() ? appraisal.result : why.front();
  };
  const Bytes quote = platform.quote();
  EXPECT_EQ(check(quote), "UpToDate");
  EXPECT_EQ(check(quote), "UpToDate");
  EXPECT_EQ(check(quote, kTestExpires + 1), "validity");
  for (const auto& [offset, expected] :
       std::vector<std::pair<size_t, std::string>>{{48 + 64, "quote.signature"},
                                                   {436, "quote.signature"},
                                                   {436 + 64, "qe-report.attestation-key"},
                                                   {436 + 128, "qe-report.signature"},
                                                   {436 + 512, "qe-report.signature"}}) {
    Bytes changed = quote;
    changed[offset] ^= 1;
    EXPECT_EQ(check(changed), expected) << offset;
    EXPECT_EQ(check(quote), "UpToDate");
  }
  Bytes changed = quote;
  changed[changed.size() - 100] ^= 1;  // in the PCK chain
  EXPECT_TRUE(check(changed).starts_with("pck-chain.")) << check(changed);
  debug = true;
  EXPECT_EQ(check(platform.quote()), "enclave.debug");
  debug = false;
  EXPECT_EQ(check(platform.quote()), "UpToDate");
}

TEST(SgxVerifier, ForgetsTheLeastRecentlyUsedKey) {
  CertifiedKeys keys;
  const auto key = [] {
    return std::make_shared<const CertifiedKey>(
        CertifiedKey{crypto::P256SigningKey::generate()->public_key(), {}, nullptr, {}});
  };
  const auto first = key(), second = key();
  keys.remember(Bytes{1}, first);
  keys.remember(Bytes{2}, second);
  for (size_t count = 2; count < CertifiedKeys::kCapacity; ++count) keys.remember(Bytes{3}, key());
  EXPECT_EQ(keys.find(first->attestation_key.coordinates(), Bytes{1}), first);
  EXPECT_EQ(keys.find(first->attestation_key.coordinates(), Bytes{2}), nullptr);
  keys.remember(Bytes{3}, key());
  EXPECT_EQ(keys.find(second->attestation_key.coordinates(), Bytes{2}), nullptr);
  EXPECT_EQ(keys.find(first->attestation_key.coordinates(), Bytes{1}), first);
}

TEST(SgxVerifier, TrustsOnlyTheGivenRoot) {
  const TestPlatform platform, other;
  const auto check = [](const TestPlatform& collateral, const TestPlatform& quote, std::vector<TrustAnchor> anchors) {
    const Appraisal appraisal =
        Verifier(collateral.collateral(), std::move(anchors)).verify(quote.quote(), utc_time_from_unix(kTestNow));
    return appraisal.failure ? appraisal.failure->check : appraisal.result;
  };
  // The other root has the same name.
  EXPECT_EQ(check(platform, platform, {other.anchor()}), "tcb-signing-chain.root");
  EXPECT_EQ(check(platform, platform, {}), "tcb-signing-chain.root");
  EXPECT_EQ(check(platform, platform, {other.anchor(), platform.anchor()}), "UpToDate");
  EXPECT_EQ(check(platform, other, {platform.anchor()}), "pck-chain.root");
  EXPECT_EQ(check(platform, other, {platform.anchor(), other.anchor()}), "pck-chain.root");
}

TEST(SgxVerifier, NamesOtherPlatformsCollateral) {
  TestOptions options;
  options.tcb_info_text = TestPlatform::tcb_info_text(TestPlatform::tcb_level(0, 0, "UpToDate"));
  options.tcb_info_text.replace(options.tcb_info_text.find("0a0b"), 4, "0a0c");
  const Appraisal appraisal = verify(TestPlatform(options));
  EXPECT_EQ(appraisal.result, "TCB_INFO_MISMATCH");
  EXPECT_EQ(appraisal.failure->check, "tcb-info.fmspc");
  EXPECT_EQ(appraisal.failure->actual, "0a0c0c0d0e0f");
}

TEST(CollateralFile, HasAFormat) {
  EXPECT_FALSE(parse_collateral_file(""));
  EXPECT_FALSE(parse_collateral_file("[]"));
  EXPECT_FALSE(parse_collateral_file(R"({"tcb_info":{}})"));
  const auto file = parse_collateral_file(R"({"tcb_info":"{ }","pck_crl":null,"note":1})");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->tcb_info, "{ }");
  EXPECT_FALSE(file->pck_crl);
}

}  // namespace
}  // namespace redoubt::attest::sgx
