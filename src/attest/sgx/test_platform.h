// SPDX-License-Identifier: Apache-2.0
//
// The simulated platform (attest/simulated), every part of which a test can make wrong, with fixed times. Keys are fresh in
// every process. Only tests link this.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attest/collateral_file.h"
#include "attest/evidence_verifier.h"
#include "attest/sgx/quote_format.h"
#include "attest/simulated/authority.h"
#include "base/bytes.h"
#include "base/utc_time.h"

namespace redoubt::attest::sgx {

inline constexpr int64_t kTestIssued = 1750000000;   // 2025-06-15
inline constexpr int64_t kTestExpires = 1760000000;  // 2025-10-09
inline constexpr int64_t kTestNow = 1755000000;      // 2025-08-12

struct TestCertificate {
  std::string name;
  bool authority = false;
  long path_length = 0;
  bool omit_key_usage_sign = false;  // an authority that may not sign certificates
  bool foreign_critical = false;     // carries a critical extension nobody knows
  int64_t from = kTestIssued - 1000;
  int64_t until = kTestExpires + 1000;
  uint8_t serial = 1;
};

// What a test changes before the platform is made.
struct TestOptions {
  TestCertificate root{.name = "Intel SGX Root CA", .authority = true, .path_length = 1, .serial = 1};
  TestCertificate pck_ca{.name = "Intel SGX PCK Platform CA", .authority = true, .serial = 2};
  TestCertificate pck{.name = "Intel SGX PCK Certificate", .serial = 3};
  TestCertificate tcb_signing{.name = "Intel SGX TCB Signing", .serial = 4};
  Bytes revoked_by_root, revoked_by_pck_ca;  // serial numbers of one byte
  std::optional<bool> smt = true;
  Bytes pck_extension;  // empty: made from the following
  ByteArray<16> component_svns{5, 5, 2, 2, 3, 1};
  uint16_t pce_svn = 11;
  std::string tcb_info_text, qe_identity_text;                       // empty: text of the platform
  std::function<void(SignedPartV3&)> change_report = [](auto&) {};   // before it is signed
  std::function<void(ReportBody&)> change_qe_report = [](auto&) {};  // before it is signed
  std::function<void(Bytes&)> change_signed_quote = [](auto&) {};    // after
  bool chain_without_root = false;
  uint16_t certification_type = 5;
};

class TestPlatform {
 public:
  explicit TestPlatform(TestOptions options = {});

  TrustAnchor anchor(bool simulated = false) const;
  CollateralFile collateral() const;
  Bytes quote() const;
  std::string pck_chain() const;  // PEM

  // The texts that are signed, to be changed by tests.
  static std::string tcb_info_text(const std::string& levels);
  static std::string tcb_level(unsigned first_svn, unsigned pce_svn, const std::string& status,
                               const std::string& advisories = "");
  static std::string qe_identity_text(const std::string& levels);
  static std::string qe_level(unsigned isv_svn, const std::string& status);

 private:
  TestOptions options_;
  simulated::Authority authority_;
  crypto::P256SigningKey pck_key_, attestation_key_;
  std::optional<crypto::Certificate> pck_;  // always there
};

// The extension of a PCK certificate with these numbers; FMSPC 0a0b0c0d0e0f, PCEID 0000.
Bytes make_pck_extension(const ByteArray<16>& component_svns, uint16_t pce_svn, std::optional<bool> smt);

}  // namespace redoubt::attest::sgx
