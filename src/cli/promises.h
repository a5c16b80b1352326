// SPDX-License-Identifier: Apache-2.0
//
// What a run promises, and what it does not. Redoubt says so at every start, on standard error and before the program's first
// byte, because a program that merely runs under the shim looks exactly like a protected one.
#pragma once

#include <string>

namespace redoubt::cli {

// The block that `redoubt run` prints, for standard error, ending in a newline.
std::string unattested_notice();

struct AttestedRun {
  std::string configuration;  // SESSION/SERVICE
  std::string cas;
  bool cas_key_known = false;
  bool trace = false;
  bool unsealed_keys = false;
};
// The same for an attested run, of which the launcher knows only what it asks for.
std::string attested_notice(const AttestedRun& run);

}  // namespace redoubt::cli
