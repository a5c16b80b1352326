// SPDX-License-Identifier: Apache-2.0
//
// TCB info for SGX, versions 2 and 3 (tee-formats 6.2), and finding a platform's level in it (6.4).
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "attest/sgx/pck_extension.h"
#include "attest/tcb_status.h"
#include "base/bytes.h"
#include "base/error.h"
#include "crypto/x509.h"

namespace redoubt::attest::sgx {

struct TcbLevel {
  ByteArray<16> component_svns;
  uint16_t pce_svn;
  TcbStatus status;
  std::string date;
  std::set<std::string> advisories;
};

struct TcbInfo {
  crypto::Validity validity;  // issueDate to nextUpdate
  ByteArray<6> fmspc;
  ByteArray<2> pce_id;
  uint32_t evaluation_number;
  std::vector<TcbLevel> levels;  // best first, as signed
};

// From the signed text itself, whose signature the caller has verified. kUnsupported for a TCB info that is not SGX's.
Result<TcbInfo, Error> parse_tcb_info(std::string_view json);

// The first level that the platform reaches in all components; nullptr when there is none.
const TcbLevel* find_level(const TcbInfo& info, const PckExtension& platform);

}  // namespace redoubt::attest::sgx
