// SPDX-License-Identifier: Apache-2.0
//
// What can be wrong with evidence that is genuine. Verifiers list concerns, a policy decides which it tolerates. The
// names are those of `tolerate:` in the session language, and of `redoubt attest verify --tolerate`.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "attest/finding.h"
#include "attest/tcb_status.h"

namespace redoubt::attest {

enum class ConcernKind {
  kOutdatedTcb,
  kInsecureConfiguration,
  kSoftwareHardening,
  kDebugMode,
  kSampleSigner,
  kSimulation,
  kMissingRevocation,
  kAdvisory,         // tolerated by its id in `ignore_advisories`
  kOutsideValidity,  // never tolerated, as those below
  kNotInitialised,
};

struct Concern {
  ConcernKind kind;
  Finding finding;  // of an advisory, `actual` is its id
};

// nullptr for kinds that no word tolerates.
const char* tolerate_name(ConcernKind kind);

// The kinds that a word of the tolerate list stands for: a name above, or a TCB status ("OutOfDate"), which stands for
// everything that status means. Empty optional for an unknown word, and for statuses that nobody may tolerate.
std::optional<std::vector<ConcernKind>> tolerated_by(std::string_view word);

// The kinds that a TCB status means. kRevoked never gets this far: it is no concern but a failure.
std::vector<ConcernKind> concerns_of(TcbStatus status);

}  // namespace redoubt::attest
