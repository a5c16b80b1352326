// SPDX-License-Identifier: Apache-2.0
//
// What `redoubt attest verify` prints: an appraisal and the decision, as lines for people or as one JSON object.
#pragma once

#include <string>
#include <vector>

#include "attest/appraisal.h"
#include "attest/finding.h"

namespace redoubt::cli {

struct AttestReport {
  attest::Appraisal appraisal;
  std::vector<attest::Finding> reasons;  // to refuse; empty: acceptable
};

std::string report_as_text(const AttestReport& report);
std::string report_as_json(const AttestReport& report);

}  // namespace redoubt::cli
