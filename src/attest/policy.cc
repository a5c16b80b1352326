// SPDX-License-Identifier: Apache-2.0
#include "attest/policy.h"

namespace redoubt::attest {

Result<void, Error> Policy::tolerate(std::string_view word) {
  const std::optional<std::vector<ConcernKind>> kinds = tolerated_by(word);
  if (!kinds) {
    return fail(
        ErrorCode::kMalformed,
        "\"" + std::string(word) +
            "\" is nothing that can be tolerated; expected outdated-tcb, insecure-configuration, "
            "software-hardening-needed, debug-mode, sample-signer, simulation, missing-crl or a TCB status such "
            "as OutOfDate");
  }
  tolerated_.insert(kinds->begin(), kinds->end());
  return {};
}

bool Policy::tolerates(const Concern& concern) const {
  if (concern.kind == ConcernKind::kAdvisory) {
    return ignored_advisories_.contains("*") || ignored_advisories_.contains(concern.finding.actual);
  }
  return tolerate_name(concern.kind) != nullptr && tolerated_.contains(concern.kind);
}

std::vector<Finding> Policy::reasons_to_refuse(const Appraisal& appraisal) const {
  if (appraisal.failure) return {*appraisal.failure};
  std::vector<Finding> reasons;
  for (const Concern& concern : appraisal.concerns) {
    if (!tolerates(concern)) reasons.push_back(concern.finding);
  }
  return reasons;
}

}  // namespace redoubt::attest
