// SPDX-License-Identifier: Apache-2.0
//
// One check that did not hold, for people and for the audit log: which, what it wanted, what it found, what to change.
// Never holds a secret; evidence has none.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/error.h"

namespace redoubt::attest {

struct Finding {
  std::string check;     // stable, dotted: "quote.signature", "tcb-info.expired"
  std::string expected;  // the three others are sentences without a full stop
  std::string actual;
  std::string remedy;
};

// A value, or the check that failed on the way to it.
template <typename T>
using Checked = Result<T, Finding>;

inline std::unexpected<Finding> not_genuine(std::string check, std::string expected, std::string actual,
                                            std::string remedy) {
  return std::unexpected(Finding{std::move(check), std::move(expected), std::move(actual), std::move(remedy)});
}

}  // namespace redoubt::attest
