// SPDX-License-Identifier: Apache-2.0
//
// Where the runtime is: beside the command in a build tree, in libexec when installed. Never looked up in PATH or the
// environment: which runtime runs must not depend on who calls.
#pragma once

#include <string>

#include "cli/error.h"

namespace redoubt::cli {

// The absolute path of an executable `redoubt-run`. Errors: kRedoubtFailed, naming every place that was tried.
Result<std::string> find_runtime();

}  // namespace redoubt::cli
