// SPDX-License-Identifier: Apache-2.0
//
// The identity of Intel's quoting enclave (tee-formats 6.2) and whether a QE report is its (6.3, step 8).
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "attest/finding.h"
#include "attest/sgx/quote_format.h"
#include "attest/tcb_status.h"
#include "base/bytes.h"
#include "base/error.h"
#include "crypto/x509.h"

namespace redoubt::attest::sgx {

struct QeLevel {
  uint16_t isv_svn;
  TcbStatus status;
  std::set<std::string> advisories;
};

struct QeIdentity {
  crypto::Validity validity;  // issueDate to nextUpdate
  uint32_t misc_select;
  uint32_t misc_select_mask;
  ByteArray<16> attributes;
  ByteArray<16> attributes_mask;
  ByteArray<32> mrsigner;
  uint16_t isv_prod_id;
  std::vector<QeLevel> levels;  // best first, as signed
};

// From the signed text itself, whose signature the caller has verified. kUnsupported unless it is the SGX QE's.
Result<QeIdentity, Error> parse_qe_identity(std::string_view json);

// The level of the quoting enclave that made `report`, or what in the report is not Intel's QE.
Checked<const QeLevel*> match_qe(const QeIdentity& identity, const ReportBody& report);

}  // namespace redoubt::attest::sgx
