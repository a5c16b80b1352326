// SPDX-License-Identifier: Apache-2.0
//
// What a check has to say: where, what was expected, what was found and what to do. An error makes a session unusable; a
// warning names something that is allowed and dangerous. Nothing found in a secret's value is ever quoted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace redoubt::policy {

struct Position {
  int line = 1;  // both count from 1
  int column = 1;
};

enum class Severity { kError, kWarning };

struct Mistake {
  Severity severity = Severity::kError;
  Position at;
  std::string where;     // path of keys, such as services[0].command; empty: the document
  std::string expected;  // a warning: what is dangerous about it
  std::string found;     // empty: nothing worth quoting
  std::string hint;      // empty: none
};

// As people quote: in double quotes, on one line, shortened in the middle of long text.
std::string quoted(std::string_view text);

// "a, b or c"
std::string listed(const std::vector<std::string_view>& words);

// One line: `12:5: error: services[0].comand: expected ..., found ...; hint`, without the file's name.
std::string describe(const Mistake& mistake);

// The mistakes as JSON: an array of objects {severity, line, column, where, expected, found, hint}.
std::string as_json(const std::vector<Mistake>& mistakes);

bool has_errors(const std::vector<Mistake>& mistakes);

// The member of `words` that `word` was most likely meant to be: at most two edits away, or a third of its length, case
// ignored. Empty: none is close.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& words);

}  // namespace redoubt::policy
