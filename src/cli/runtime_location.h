// SPDX-License-Identifier: Apache-2.0
//
// Where Redoubt's other programs are: beside the command in a build tree, in libexec when installed. Never looked up in PATH or
// the environment: which runtime runs must not depend on who calls.
#pragma once

#include <string>

#include "cli/error.h"

namespace redoubt::cli {

// The absolute path of an executable `name`; `what` is what messages call it. Errors: kRedoubtFailed, naming every place
// that was tried.
Result<std::string> find_companion(const std::string& name, const std::string& what);

// The executable `redoubt-run`.
Result<std::string> find_runtime();

}  // namespace redoubt::cli
