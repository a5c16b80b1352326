// SPDX-License-Identifier: Apache-2.0
//
// Why an attested start ended before the program ran: which check, what was expected, what was found, what to do, and the exit
// status. The statuses of a Redoubt that ends a run itself:
//
//   120   refused: CAS did not accept the evidence or the request, or the code here is not what the session says
//   125   Redoubt failed: no CAS or LAS reached, no sealed memory, an answer that is none, a request that makes no sense
//   126   the program was found in the session's code and cannot be executed
//   127   the program is not in the session's code
//
// Every other status of an attested run is the program's own. Texts may come from CAS or LAS, hence from whoever the host put
// in their place: they are printed without control characters and cut at a bound.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "shim/process/crash.h"
#include "wire/problem.h"

namespace redoubt::shim::attested {

inline constexpr int kRefused = 120;
// kOwnFailure, 125: shim/process/crash.h

struct Failure {
  int status = kOwnFailure;
  std::string check;  // stable, dotted: "cas.connect"
  std::string expected;
  std::string found;
  std::string remedy;
};

template <typename T>
using Outcome = Result<T, Failure>;

inline std::unexpected<Failure> failed(std::string_view check, std::string expected, std::string found,
                                       std::string remedy, int status = kOwnFailure) {
  return std::unexpected(Failure{status, std::string(check), std::move(expected), std::move(found), std::move(remedy)});
}

// Of a service that refused.
std::unexpected<Failure> refused(const wire::Problem& problem, std::string_view service, int status);

// In one line, for a run that goes on: "redoubt: WHAT: check: expected ..., found ...; remedy".
void report_in_one_line(std::string_view what, const Failure& failure);

// "ENOENT, no such file or directory".
std::string name_of(Errno error);

// Writes it to standard error, four lines, the first of which begins with `what`, and ends the process.
[[noreturn]] void report_and_exit(const Failure& failure, std::string_view what = "the attested start failed");

}  // namespace redoubt::shim::attested
