// SPDX-License-Identifier: Apache-2.0
//
// The first line of a script, as the kernel reads it (fs/binfmt_script.c): "#!", the interpreter's path, and the rest of the
// line as one argument. Where the interpreter is env(1), that argument names the program that is meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace redoubt::measure {

inline constexpr size_t kScriptLineSize = 256;  // what the kernel looks at

struct ScriptLine {
  std::string interpreter;
  std::string argument;  // empty: none
};

// Nullopt: no script.
std::optional<ScriptLine> read_script_line(std::string_view start_of_file);

// The program in an argument of env: "python3", "-S python3 -u", "-i A=b python3". Empty: none.
std::string program_of_env(std::string_view argument);

}  // namespace redoubt::measure
