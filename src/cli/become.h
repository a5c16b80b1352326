// SPDX-License-Identifier: Apache-2.0
//
// Becoming another program of Redoubt: execve with this process's environment, descriptors and directory.
#pragma once

#include <string>
#include <vector>

#include "cli/error.h"

namespace redoubt::cli {

// Returns only when it failed. `what` is what messages call the program. `arguments` begins with the program's name.
Result<ExitStatus> become(const std::string& program, std::vector<std::string> arguments, const std::string& what);

}  // namespace redoubt::cli
