// SPDX-License-Identifier: Apache-2.0
//
// Why a service refused: which check, what it wanted, what it found, what to change (the members of attest::Finding, and of
// the problem+json that CAS gives to other clients). Never a secret.
#pragma once

#include <string_view>

#include "wire/codec.h"

namespace redoubt::wire {

struct Problem {
  std::string_view check;  // stable, dotted: "quote.signature", "code.hash"
  std::string_view expected;
  std::string_view actual;
  std::string_view remedy;
};

template <typename Archive>
bool fields(Archive& a, Of<Archive, Problem>& m) {
  return a.text(m.check) && a.text(m.expected) && a.text(m.actual) && a.text(m.remedy);
}

}  // namespace redoubt::wire
