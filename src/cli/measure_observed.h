// SPDX-License-Identifier: Apache-2.0
//
// What of an observed run goes into a closure, and what is said about it. Everything that was used and is a regular file, but
// not what is the kernel's, temporary, written by the program itself, or data of this run.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "measure/closure.h"
#include "measure/observe.h"

namespace redoubt::cli {

struct ObservedReport {
  std::vector<std::string> lines;     // what was added and why
  std::vector<std::string> warnings;  // what was left out and may be missed
};

// Adds to `closure`. `with_working_directory`: also what is below the working directory of this process.
redoubt::Result<ObservedReport, redoubt::Error> add_observed(const measure::Observation& seen,
                                                             bool with_working_directory, measure::Closure& closure);

}  // namespace redoubt::cli
