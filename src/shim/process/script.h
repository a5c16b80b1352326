// SPDX-License-Identifier: Apache-2.0
//
// The first line of a script, as fs/binfmt_script.c reads it. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/result.h"

namespace redoubt::shim {

struct ScriptLine {
  std::string interpreter;
  std::optional<std::string> argument;  // at most one: everything after the interpreter, inner blanks included
};

// The kernel looks at this many bytes (BINPRM_BUF_SIZE).
inline constexpr size_t kScriptHeadSize = 256;

// `head` is the beginning of the file, up to kScriptHeadSize bytes. No value when it does not begin with "#!".
// ENOEXEC for a line without an interpreter, or an interpreter that does not fit. The interpreter's name may be empty.
Result<std::optional<ScriptLine>> parse_script(std::span<const char> head);

}  // namespace redoubt::shim
