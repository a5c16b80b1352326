// SPDX-License-Identifier: Apache-2.0
//
// Whether evidence is good enough for a service of a session, in this order: genuine (the first verifier whose collateral is for
// that platform decides), made for this connection (report data), acceptable (the session's tolerate and ignore_advisories), and
// of code that the service names (attestation variants). Pure: no clock, no store.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "attest/evidence_verifier.h"
#include "attest/finding.h"
#include "base/bytes.h"
#include "base/utc_time.h"
#include "policy/session.h"

namespace redoubt::cas {

using Verifiers = std::vector<std::unique_ptr<attest::EvidenceVerifier>>;
using AuditDetails = std::vector<std::pair<std::string, std::string>>;

struct EvidenceDecision {
  std::vector<attest::Finding> reasons;  // why it is refused; empty: accepted
  AuditDetails facts;                    // what the evidence says, as far as it is genuine: mrenclave, tcb_status, ...
};

EvidenceDecision decide_on_evidence(const Verifiers& verifiers, ByteView evidence, UtcTime now,
                                    const ByteArray<64>& report_data, const policy::Security& security,
                                    const policy::Service& service);

}  // namespace redoubt::cas
