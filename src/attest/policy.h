// SPDX-License-Identifier: Apache-2.0
//
// The decision of a relying party about genuine evidence: `security.attestation.tolerate` and `ignore_advisories` of a
// session. Everything a verifier is concerned about and the policy does not tolerate is a reason to refuse. A tolerated
// status does not tolerate its advisories: each of those is ignored by its id, so that a new one is noticed.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "attest/appraisal.h"
#include "base/error.h"

namespace redoubt::attest {

class Policy {
 public:
  // kMalformed for a word that is neither a tolerate name nor a tolerable TCB status; the message lists what there is.
  Result<void, Error> tolerate(std::string_view word);
  // "INTEL-SA-00615", or "*" for all.
  void ignore_advisory(std::string id) { ignored_advisories_.insert(std::move(id)); }

  bool tolerates(const Concern& concern) const;

  // Why the evidence is refused; empty: acceptable. Evidence that is not genuine has its failure as the one reason.
  std::vector<Finding> reasons_to_refuse(const Appraisal& appraisal) const;

 private:
  std::set<ConcernKind> tolerated_;
  std::set<std::string> ignored_advisories_;
};

}  // namespace redoubt::attest
