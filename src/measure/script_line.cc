// SPDX-License-Identifier: Apache-2.0
#include "measure/script_line.h"

namespace redoubt::measure {
namespace {

constexpr std::string_view kBlank = " \t";

std::string_view trimmed(std::string_view text) {
  const size_t start = text.find_first_not_of(kBlank);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kBlank) - start + 1);
}

}  // namespace

std::optional<ScriptLine> read_script_line(std::string_view start_of_file) {
  std::string_view text = start_of_file.substr(0, kScriptLineSize);
  if (!text.starts_with("#!")) return std::nullopt;
  text = text.substr(2, text.substr(2).find('\n'));
  text = trimmed(text.substr(0, text.find('\0')));
  const size_t blank = text.find_first_of(kBlank);
  const std::string_view interpreter = text.substr(0, blank);
  if (interpreter.empty()) return std::nullopt;
  const std::string_view rest = blank == std::string_view::npos ? "" : trimmed(text.substr(blank));
  return ScriptLine{std::string(interpreter), std::string(rest)};
}

std::string program_of_env(std::string_view argument) {
  while (true) {
    argument = trimmed(argument);
    if (argument.empty()) return {};
    const size_t blank = argument.find_first_of(kBlank);
    const std::string_view word = argument.substr(0, blank);
    const bool option = word.starts_with('-') || word.find('=') != std::string_view::npos;
    if (!option) return std::string(word);
    // -S may be written together with what follows.
    argument = word.starts_with("-S") && word.size() > 2 ? argument.substr(2)
               : blank == std::string_view::npos         ? std::string_view()
                                                         : argument.substr(blank);
  }
}

}  // namespace redoubt::measure
