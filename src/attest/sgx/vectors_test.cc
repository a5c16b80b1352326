// SPDX-License-Identifier: Apache-2.0
//
// Quotes that others published, with what a verifier must conclude from them. They are not part of this repository: they
// are looked for in $REDOUBT_VECTORS, then in ../shared/vectors beside the source. Without them these tests are skipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "attest/policy.h"
#include "attest/sgx/certificate_chain.h"
#include "attest/sgx/verifier.h"
#include "crypto/hex.h"

namespace redoubt::attest::sgx {
namespace {

using nlohmann::json;

std::optional<std::filesystem::path> vectors() {
  std::vector<std::filesystem::path> places;
  if (const char* named = std::getenv("REDOUBT_VECTORS")) places.emplace_back(named);
  places.push_back(std::filesystem::path(SOURCE_ROOT) / ".." / "shared" / "vectors");
  for (const std::filesystem::path& place : places) {
    if (std::filesystem::exists(place / "dcap" / "cases.json")) return place;
  }
  return std::nullopt;
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

class Vectors : public testing::Test {
 protected:
  void SetUp() override {
    const auto found = vectors();
    if (!found) GTEST_SKIP() << "no vectors: set REDOUBT_VECTORS to the folder that has dcap/cases.json";
    root_ = *found;
  }

  json document(const std::string& name) const { return json::parse(contents(root_ / name)); }

  CollateralFile collateral(const std::string& name) const {
    auto file = parse_collateral_file(contents(root_ / name));
    EXPECT_TRUE(file) << name << ": " << (file ? "" : file.error().message);
    return file.value_or(CollateralFile{});
  }

  std::vector<TrustAnchor> intel() const {
    return {{*crypto::Certificate::from_der(as_bytes(contents(root_ / "dcap/certs/intel_sgx_root_ca.der")))}};
  }
  // Intel's samples have a root of their own: the last of their chain.
  static std::vector<TrustAnchor> own_root(const CollateralFile& collateral) {
    return {{crypto::Certificate::list_from_pem(*collateral.tcb_info_issuer_chain)->back()}};
  }

  // The collateral of a case under the root it was made for.
  std::vector<TrustAnchor> anchors_of(const json& entry, const CollateralFile& file) const {
    return entry.at("signatures").at("quote").at("root_is_intel") ? intel() : own_root(file);
  }

  std::filesystem::path root_;
};

bool is_sgx_v3(const json& entry) { return entry.at("quote").get<std::string>().find("sgx_v3") != std::string::npos; }

bool has(const Appraisal& appraisal, ConcernKind kind) {
  return std::ranges::any_of(appraisal.concerns, [&](const Concern& concern) { return concern.kind == kind; });
}

UtcTime time_of(const json& entry) {
  // A case without a time has no common window; its status is the same at any.
  const auto& time = entry.at("verify_time_unix");
  return utc_time_from_unix(time.is_null() ? 1670000000 : time.get<int64_t>());
}

TEST_F(Vectors, EveryCaseHasItsStatedResult) {
  size_t count = 0;
  for (const json& entry : document("dcap/cases.json")) {
    if (!is_sgx_v3(entry)) continue;
    ++count;
    SCOPED_TRACE(entry.at("name").get<std::string>());
    const CollateralFile file = collateral(entry.at("collateral"));
    const std::string quote = contents(root_ / entry.at("quote").get<std::string>());
    const Verifier verifier(file, anchors_of(entry, file));
    EXPECT_TRUE(verifier.recognises(as_bytes(quote)));
    const Appraisal appraisal = verifier.verify(as_bytes(quote), time_of(entry));
    std::cout << entry.at("name").get<std::string>() << ": " << appraisal.result << '\n';
    EXPECT_TRUE(appraisal.genuine()) << appraisal.failure->check << ": " << appraisal.failure->actual;
    EXPECT_EQ(appraisal.result, entry.at("result").get<std::string>());
    if (!appraisal.genuine()) continue;
    const json& details = entry.at("details");
    EXPECT_EQ(appraisal.tcb->advisories, details.at("advisories").get<std::set<std::string>>());
    EXPECT_EQ(name_of(appraisal.tcb->platform_status), details.at("sgx_status").get<std::string>());
    EXPECT_EQ(appraisal.tcb->platform_date, details.at("sgx_tcbDate").get<std::string>());
    EXPECT_EQ(name_of(appraisal.tcb->quoting_enclave_status), details.at("qe_status").get<std::string>());
    EXPECT_EQ(appraisal.tcb->evaluation_number, entry.at("tcb").at("tcbEvaluationDataNumber").get<uint32_t>());

    const bool in_time = !entry.at("verify_time_unix").is_null();
    EXPECT_EQ(has(appraisal, ConcernKind::kOutsideValidity), !in_time);
    const bool crls = !file.pck_crl || !file.root_ca_crl;
    EXPECT_EQ(has(appraisal, ConcernKind::kMissingRevocation), crls);

    // A policy that tolerates what the case is known for accepts it, unless no policy may.
    Policy policy;
    EXPECT_TRUE(policy.tolerate(appraisal.result));
    for (const char* word : {"missing-crl", "debug-mode", "sample-signer"}) EXPECT_TRUE(policy.tolerate(word));
    policy.ignore_advisory("*");
    const bool refused = !in_time || has(appraisal, ConcernKind::kNotInitialised);
    EXPECT_EQ(policy.reasons_to_refuse(appraisal).empty(), !refused);
    // And the strictest one only what is up to date, complete and in production.
    const bool perfect = appraisal.concerns.empty();
    EXPECT_EQ(Policy().reasons_to_refuse(appraisal).empty(), perfect);
  }
  EXPECT_EQ(count, 13U);
}

TEST_F(Vectors, ClaimsAreWhatTheQuotesSay) {
  const json quotes = document("dcap/quotes.json");
  for (const json& entry : document("dcap/cases.json")) {
    if (!is_sgx_v3(entry)) continue;
    const std::string name = std::filesystem::path(entry.at("quote").get<std::string>()).stem();
    SCOPED_TRACE(name);
    const json& expected = quotes.at(name);
    const CollateralFile file = collateral(entry.at("collateral"));
    const std::string quote = contents(root_ / entry.at("quote").get<std::string>());
    const Appraisal appraisal = Verifier(file, anchors_of(entry, file)).verify(as_bytes(quote), time_of(entry));
    ASSERT_TRUE(appraisal.genuine());
    const auto& claims = std::get<Claims>(appraisal.claims);
    const json& body = expected.at("body");
    EXPECT_EQ(crypto::to_hex(claims.mrenclave), body.at("mrenclave").get<std::string>());
    EXPECT_EQ(crypto::to_hex(claims.mrsigner), body.at("mrsigner").get<std::string>());
    EXPECT_EQ(crypto::to_hex(claims.report_data), body.at("report_data").get<std::string>());
    EXPECT_EQ(crypto::to_hex(claims.config_id), body.at("configid").get<std::string>());
    EXPECT_EQ(claims.isv_prod_id, body.at("isvprodid").get<unsigned>());
    EXPECT_EQ(claims.isv_svn, body.at("isvsvn").get<unsigned>());
    EXPECT_EQ(claims.config_svn, body.at("configsvn").get<unsigned>());
    EXPECT_EQ(claims.attribute_flags, body.at("attr_flags").get<uint64_t>());
    EXPECT_EQ(claims.xfrm, body.at("xfrm").get<uint64_t>());
    EXPECT_EQ(claims.debug, (body.at("attr_flags").get<uint64_t>() & 2) != 0);
    if (!expected.contains("pck") || expected.at("pck").is_null()) continue;
    EXPECT_EQ(crypto::to_hex(claims.fmspc), expected.at("pck").at("fmspc").get<std::string>());
    EXPECT_EQ(crypto::to_hex(claims.ppid), expected.at("pck").at("ppid").get<std::string>());
  }
}

// The times at which oasis-core's own tests want this quote refused.
TEST_F(Vectors, EveryValidityWindowCounts) {
  const Verifier verifier(collateral("dcap/collateral/oasis_sgx_00606A.json"), intel());
  const std::string quote = contents(root_ / "dcap/quotes/oasis_sgx_v3_pckchain.bin");
  struct Case {
    int64_t time;
    const char* what;
  };
  for (const Case& bad : {Case{1891163522, "certificate \"Intel SGX PCK Certificate\""},
                          {1670238720, "certificate \"Intel SGX PCK Certificate\""},
                          {1671194735, "QE identity"},
                          {1673786737, "QE identity"}}) {
    const Appraisal appraisal = verifier.verify(as_bytes(quote), utc_time_from_unix(bad.time));
    EXPECT_TRUE(std::ranges::any_of(appraisal.concerns, [&](const Concern& concern) {
      return concern.kind == ConcernKind::kOutsideValidity && concern.finding.expected.starts_with(bad.what);
    })) << bad.time;
  }
  const Appraisal good = verifier.verify(as_bytes(quote), utc_time_from_unix(1671497404));
  EXPECT_FALSE(has(good, ConcernKind::kOutsideValidity));
  EXPECT_EQ(to_string(good.valid_from), "2022-12-19T09:40:10Z");
  EXPECT_EQ(to_string(good.valid_until), "2023-01-15T12:45:36Z");
}

TEST_F(Vectors, AForeignRootIsRefused) {
  const CollateralFile sample = collateral("dcap/collateral/qvl_sample_sgx.json");
  const std::string sample_quote = contents(root_ / "dcap/quotes/qvl_sample_sgx_v3.bin");
  const std::string real_quote = contents(root_ / "dcap/quotes/phala_sgx_v3.bin");
  const UtcTime at = utc_time_from_unix(1577836800);
  EXPECT_EQ(Verifier(sample, intel()).verify(as_bytes(sample_quote), at).failure->check, "tcb-signing-chain.root");
  // With both roots trusted, one cannot vouch for the other's platforms.
  std::vector<TrustAnchor> both = intel();
  both.push_back(own_root(sample).front());
  EXPECT_EQ(Verifier(sample, both).verify(as_bytes(real_quote), at).failure->check, "pck-chain.root");
  EXPECT_TRUE(Verifier(sample, both).verify(as_bytes(sample_quote), at).genuine());
}

TEST_F(Vectors, QuotesThatOthersDamagedOrReordered) {
  const CollateralFile file = collateral("dcap/collateral/fortanix_sgx_00906EA1_2020_v2tcb.json");
  const UtcTime at = *parse_utc_time("2020-06-02T17:49:22Z");
  const Verifier verifier(file, intel());
  const auto check = [&](const char* name) {
    const Appraisal appraisal = verifier.verify(as_bytes(contents(root_ / "dcap/quotes" / name)), at);
    return appraisal.failure ? appraisal.failure->check : appraisal.result;
  };
  EXPECT_EQ(check("fortanix_sgx_v3.bin"), "SWHardeningNeeded");
  EXPECT_EQ(check("fortanix_sgx_v3_encppid.bin"), "pck-chain.missing");
  EXPECT_EQ(check("oasis_sgx_v3_encppid.bin"), "pck-chain.missing");
  EXPECT_EQ(check("fortanix_sgx_v3_chain_order.bin"), "OutOfDate");
  EXPECT_EQ(check("fortanix_sgx_v3_corrupted.bin"), "quote.signature");
}

// negative_mutations.json damages a TDX quote. Its PCK chain is checked by the same code as SGX's, so the four changes in
// the chain must fail there as stated; the others are made to an SGX quote at the place that means the same.
TEST_F(Vectors, NegativeMutationsFailAsStated) {
  const json document_ = document("dcap/negative_mutations.json");
  const std::string base = contents(root_ / document_.at("base").get<std::string>());
  const size_t chain_start = base.find("-----BEGIN CERTIFICATE-----");
  const size_t chain_end = base.rfind("-----END CERTIFICATE-----") + 25;
  const std::vector<TrustAnchor> anchors = intel();
  ASSERT_TRUE(verify_chain(std::string_view(base).substr(chain_start, chain_end - chain_start), pck_chain_shape(),
                           anchors, {}));

  const Verifier verifier(collateral("dcap/collateral/phala_sgx_v3.json"), anchors);
  const std::string sgx = contents(root_ / "dcap/quotes/phala_sgx_v3.bin");
  const UtcTime at = utc_time_from_unix(1751624924);
  ASSERT_TRUE(verifier.verify(as_bytes(sgx), at).genuine());
  const auto mutated = [&](size_t offset, char value) {
    std::string quote = sgx;
    EXPECT_NE(quote.at(offset), value);
    quote.at(offset) = value;
    const Appraisal appraisal = verifier.verify(as_bytes(quote), at);
    return appraisal.failure ? appraisal.failure->check : "accepted";
  };

  const std::map<std::string, std::string> expected = {
      {"version not matching body/unsupported", "quote.version"},
      {"auth data length does not fit", "quote.length"},
      {"PCK chain text malformed", "pck-chain.format"},
      {"root certificate signature", "pck-chain.root-signature"},
      {"intermediate certificate signature", "pck-chain.signature"},
      {"PCK leaf certificate signature", "pck-chain.signature"},
      {"quote signature (header byte)", "quote.signature"},
      {"quote signature (TD body byte)", "quote.signature"},
  };
  for (const json& entry : document_.at("cases")) {
    const std::string fails = entry.at("fails");
    SCOPED_TRACE(fails);
    ASSERT_TRUE(expected.contains(fails));
    const size_t offset = entry.at("offset");
    const char value = static_cast<char>(entry.at("value").get<int>());
    // As it is, a TDX quote: refused, whatever else is wrong with it.
    std::string tdx = base;
    tdx.at(offset) = value;
    EXPECT_FALSE(verifier.verify(as_bytes(tdx), at).genuine());
    if (offset >= chain_start && offset < chain_end) {
      const auto chain = verify_chain(std::string_view(tdx).substr(chain_start, chain_end - chain_start),
                                      pck_chain_shape(), anchors, {});
      ASSERT_FALSE(chain);
      EXPECT_EQ(chain.error().check, expected.at(fails));
      // The same distance from the end of an SGX quote's chain.
      const size_t sgx_end = sgx.rfind("-----END CERTIFICATE-----") + 25;
      EXPECT_TRUE(mutated(sgx_end - (chain_end - offset), value).starts_with("pck-chain."));
    } else {
      const size_t place = offset == 0 ? 0 : offset == 632 ? 432 : offset;
      EXPECT_EQ(mutated(place, offset == 0 ? 4 : value), expected.at(fails));
    }
  }
}

TEST_F(Vectors, NoChangedByteIsAccepted) {
  const Verifier verifier(collateral("dcap/collateral/phala_sgx_v3.json"), intel());
  const std::string sgx = contents(root_ / "dcap/quotes/phala_sgx_v3.bin");
  const UtcTime at = utc_time_from_unix(1751624924);
  const size_t pem = sgx.find("-----BEGIN");
  for (size_t offset = 0; offset < sgx.size(); offset += offset < pem ? 3 : 23) {
    std::string quote = sgx;
    quote[offset] = static_cast<char>(quote[offset] ^ 0x15);
    // White space in PEM may change into other white space, and a final NUL is padding.
    if (offset >= pem && (sgx[offset] == '\n' || sgx[offset] == '\0')) continue;
    EXPECT_FALSE(verifier.verify(as_bytes(quote), at).genuine()) << offset;
  }
}

TEST_F(Vectors, ChangedCollateralIsRefused) {
  const std::string quote = contents(root_ / "dcap/quotes/phala_sgx_v3.bin");
  const UtcTime at = utc_time_from_unix(1751624924);
  const CollateralFile good = collateral("dcap/collateral/phala_sgx_v3.json");
  const auto failure = [&](auto change) {
    CollateralFile file = good;
    change(file);
    const Appraisal appraisal = Verifier(file, intel()).verify(as_bytes(quote), at);
    return appraisal.failure ? appraisal.failure->check : "accepted";
  };
  const CollateralFile other = collateral("dcap/collateral/signal_dcap.json");
  EXPECT_EQ(failure([](auto&) {}), "accepted");
  EXPECT_EQ(failure([](auto& file) { file.tcb_info->insert(1, " "); }), "tcb_info.signature");
  EXPECT_EQ(failure([](auto& file) { file.qe_identity->back() = ' '; }), "qe_identity.signature");
  EXPECT_EQ(failure([](auto& file) { file.tcb_info.reset(); }), "collateral.tcb_info");
  EXPECT_EQ(failure([](auto& file) { file.qe_identity_signature.reset(); }), "collateral.qe_identity_signature");
  EXPECT_EQ(failure([](auto& file) { std::swap(file.tcb_info_signature, file.qe_identity_signature); }),
            "tcb_info.signature");
  EXPECT_EQ(failure([&](auto& file) { file.pck_crl = other.pck_crl; }), "pck-crl.signature");
  EXPECT_EQ(failure([&](auto& file) {
              file.pck_crl = other.pck_crl;
              file.pck_crl_issuer_chain.reset();
            }),
            "pck-crl.issuer");
  EXPECT_EQ(failure([&](auto& file) { file.root_ca_crl = file.pck_crl; }), "root-crl.signature");
  EXPECT_EQ(failure([](auto& file) { file.root_ca_crl = "00"; }), "root-crl.format");
  // Each kind of chain only for its own purpose.
  EXPECT_EQ(failure([](auto& file) { file.tcb_info_issuer_chain = file.pck_crl_issuer_chain; }),
            "tcb-signing-chain.name");
  EXPECT_EQ(failure([](auto& file) { file.pck_crl_issuer_chain = file.tcb_info_issuer_chain; }),
            "crl-issuer-chain.name");
  // A genuine TCB info of other platforms.
  const auto foreign = [&](auto& file) {
    file.tcb_info = other.tcb_info;
    file.tcb_info_signature = other.tcb_info_signature;
    file.tcb_info_issuer_chain = other.tcb_info_issuer_chain;
  };
  EXPECT_EQ(failure(foreign), "tcb-info.fmspc");
  const CollateralFile tdx = collateral("dcap/collateral/phala_tdx_v4.json");
  EXPECT_EQ(Verifier(tdx, intel()).verify(as_bytes(quote), at).failure->check, "tcb_info.content");
}

TEST_F(Vectors, PckExtensionOfOthers) {
  const std::string der = contents(root_ / "dcap/certs/signal_sgx_x509_extension.der");
  const auto extension = parse_pck_extension(as_bytes(der));
  ASSERT_TRUE(extension) << extension.error().message;
  EXPECT_EQ(crypto::to_hex(extension->ppid), "75bae7ff017bc728267a13965b9961f7");
  EXPECT_TRUE(extension->platform_instance_id);
  for (size_t size = 0; size < der.size(); ++size) EXPECT_FALSE(parse_pck_extension(as_bytes(der.substr(0, size))));
}

}  // namespace
}  // namespace redoubt::attest::sgx
