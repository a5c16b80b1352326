// SPDX-License-Identifier: Apache-2.0
//
// Which file a shell would start for a name: the lookup of execvp(3), without the exec.
#pragma once

#include <string>
#include <string_view>

#include "cli/error.h"

namespace redoubt::cli {

// Finds the file for `name`: itself when it holds a slash, else the first executable file of that name in `path`, a list
// in the form of $PATH (an empty element is the current directory). The result is what execvp would pass to execve, so a
// relative path stays relative. Errors: kNotFound; kCannotExecute when files of that name exist but none is executable.
Result<std::string> find_program(std::string_view name, std::string_view path);

// $PATH, or execvp's default when it is not set.
std::string search_path();

}  // namespace redoubt::cli
