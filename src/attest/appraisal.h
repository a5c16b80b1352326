// SPDX-License-Identifier: Apache-2.0
//
// What a verifier says about evidence, before any policy: a failure (not genuine), or what the evidence claims and the
// concerns that a policy must decide on. Genuine means: every signature, binding and identity holds up to the trusted
// root, nothing is revoked, and the platform is one that Intel (or another root's owner) still answers for. Times are
// concerns: stale collateral makes evidence useless today, not forged.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "attest/concern.h"
#include "attest/finding.h"
#include "attest/sgx/claims.h"
#include "attest/tcb_status.h"
#include "base/utc_time.h"

namespace redoubt::attest {

// One alternative for each kind of evidence; TDX, SNP and Nitro add theirs.
using Claims = std::variant<std::monostate, sgx::Claims>;

struct Tcb {
  TcbStatus status;  // platform and quoting enclave combined
  std::set<std::string> advisories;
  TcbStatus platform_status;
  std::string platform_date;  // tcbDate of the matched level
  TcbStatus quoting_enclave_status;
  uint32_t evaluation_number = 0;  // tcbEvaluationDataNumber of the TCB info
};

struct Appraisal {
  std::optional<Finding> failure;  // set: not genuine, and nothing below may be relied on
  // The outcome in one word: a TCB status, TCB_NOT_SUPPORTED, TCB_INFO_MISMATCH, or NOT_GENUINE.
  std::string result;
  std::optional<Tcb> tcb;
  Claims claims;
  std::vector<Concern> concerns;
  // When everything used here is valid at once; from > until when there is no such time.
  UtcTime valid_from{UtcTime::min()};
  UtcTime valid_until{UtcTime::max()};
  std::string root_sha256;  // of the trust anchor's certificate

  bool genuine() const { return !failure; }
};

}  // namespace redoubt::attest
