// SPDX-License-Identifier: Apache-2.0
//
// `#!` lines, step by step as load_script() takes them, on a buffer like its own: the head of the file, then zeroes.
// That gives its corner cases too: without a newline, blanks at the end of a short file are an argument, and a line
// longer than the buffer is accepted when the interpreter's name ends within it (the argument is cut).
#include "shim/process/script.h"

#include <algorithm>

namespace redoubt::shim {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// The first character in [first, last] that is no blank; null when there is none.
const char* skip_blanks(const char* first, const char* last) {
  for (; first <= last; ++first) {
    if (!is_blank(*first)) return first;
  }
  return nullptr;
}

// The first blank or NUL in [first, last]; null when there is none.
const char* find_end(const char* first, const char* last) {
  for (; first <= last; ++first) {
    if (is_blank(*first) || *first == '\0') return first;
  }
  return nullptr;
}

// A newline counts only before the first NUL.
char* find_newline(char* text, size_t size) {
  for (size_t i = 0; i < size && text[i] != '\0'; ++i) {
    if (text[i] == '\n') return text + i;
  }
  return nullptr;
}

}  // namespace

Result<std::optional<ScriptLine>> parse_script(std::span<const char> head) {
  char buffer[kScriptHeadSize] = {};
  std::copy_n(head.data(), std::min(head.size(), sizeof(buffer)), buffer);
  if (buffer[0] != '#' || buffer[1] != '!') return std::nullopt;
  const char* const line = buffer + 2;
  char* const last = buffer + sizeof(buffer) - 1;

  char* end = find_newline(buffer, sizeof(buffer));
  if (end == nullptr) {
    const char* name = skip_blanks(line, last);
    if (name == nullptr || find_end(name, last) == nullptr) return fail(ENOEXEC);
    end = last;
  }
  while (is_blank(end[-1])) --end;
  const char* name = skip_blanks(line, end);
  if (name == nullptr || name == end) return fail(ENOEXEC);

  const char* separator = find_end(name, end);
  const char* argument = separator != nullptr && *separator != '\0' ? skip_blanks(separator, end) : nullptr;
  *end = '\0';
  ScriptLine script;
  script.interpreter.assign(name, separator != nullptr ? separator : end);
  if (argument != nullptr) script.argument = std::string(argument);
  return script;
}

}  // namespace redoubt::shim
