// SPDX-License-Identifier: Apache-2.0
//
// What a run promises, and what it does not. Redoubt says so at every start that was not attested, on standard error and
// before the program's first byte, because a program that merely runs under the shim looks exactly like a protected one.
#pragma once

#include <string>

namespace redoubt::cli {

// The block that `redoubt run` prints, for standard error, ending in a newline.
std::string unattested_notice();

}  // namespace redoubt::cli
