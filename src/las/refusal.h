// SPDX-License-Identifier: Apache-2.0
//
// Why LAS gives no evidence: a finding with check, expected, actual, remedy (attest/finding.h), which goes to the client as a
// wire::Problem and to the log as one line. The checks' names are stable; docs/attestation.md has the list.
#pragma once

#include <string>
#include <utility>

#include "attest/finding.h"

namespace redoubt::las {

using attest::Checked;
using attest::Finding;

inline std::unexpected<Finding> refuse(std::string check, std::string expected, std::string actual,
                                       std::string remedy) {
  return std::unexpected(Finding{std::move(check), std::move(expected), std::move(actual), std::move(remedy)});
}

}  // namespace redoubt::las
