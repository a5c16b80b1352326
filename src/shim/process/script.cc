// SPDX-License-Identifier: Apache-2.0
//
// `#!` lines. A line longer than the buffer is accepted when the interpreter's name ends within it: the argument is cut.
#include "shim/process/script.h"

#include <string_view>

namespace redoubt::shim {

Result<std::optional<ScriptLine>> parse_script(std::span<const char> head) {
  std::string_view text(head.data(), head.size());
  if (!text.starts_with("#!")) return std::nullopt;
  text.remove_prefix(2);
  // A shorter file is followed by zeroes in the kernel's buffer, which end the line as a newline does.
  const bool whole_file = head.size() < kScriptHeadSize;
  constexpr std::string_view kBlank = " \t";

  const size_t newline = text.find('\n');
  const bool ends = newline != std::string_view::npos || whole_file;
  std::string_view line = text.substr(0, newline);
  if (!ends) {
    // The kernel's buffer keeps its last byte for a NUL.
    line = text.substr(0, text.size() - 1);
    const size_t start = line.find_first_not_of(kBlank);
    const bool name_ends = start != std::string_view::npos &&
                           line.find_first_of(" \t\0", start, 3) != std::string_view::npos;
    if (!name_ends) return fail(ENOEXEC);
  }
  if (const size_t nul = line.find('\0'); nul != std::string_view::npos) line = line.substr(0, nul);
  while (!line.empty() && kBlank.find(line.back()) != std::string_view::npos) line.remove_suffix(1);
  const size_t start = line.find_first_not_of(kBlank);
  if (start == std::string_view::npos) return fail(ENOEXEC);
  line.remove_prefix(start);

  ScriptLine script;
  const size_t name_end = line.find_first_of(kBlank);
  script.interpreter = std::string(line.substr(0, name_end));
  if (name_end != std::string_view::npos) {
    const size_t argument = line.find_first_not_of(kBlank, name_end);
    if (argument != std::string_view::npos) script.argument = std::string(line.substr(argument));
  }
  return script;
}

}  // namespace redoubt::shim
