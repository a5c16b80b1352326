// SPDX-License-Identifier: Apache-2.0
//
// Text with variables: $$SCONE::name$$, $$SCONE::name:form$$, $$SCONE::name:form|escape(json)$$. Read from left to right, once:
//   $$$$       is the two characters $$   (so $$$$SCONE::name$$$$ is the literal $$SCONE::name$$)
//   $$SCONE::  begins a variable, which ends at the next $$
//   $          anything else is itself: $HOME and $$ alone are not ours
// What a variable stands for is never read again: a secret that contains $$SCONE:: is only text.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/secret_kinds.h"

namespace redoubt::policy {

struct Variable {
  std::string name;
  std::string form;  // as form tables spell it; empty: the name alone
  bool escape_json = false;

  std::string spelling() const;  // $$SCONE::name:form$$
};

// Either literal text or a variable.
struct TemplatePart {
  std::string literal;
  std::optional<Variable> variable;
};
using TemplateParts = std::vector<TemplatePart>;

struct TemplateError {
  std::string expected;
  std::string found;
  std::string hint;
};

std::expected<TemplateParts, TemplateError> parse_template(std::string_view text);

// SCONE's older spelling $$SCONE::name.crt$$ for name:crt, when no secret is called "name.crt". Nullopt: it is none.
std::optional<Variable> older_spelling(const Variable& variable);

// `text` as the inside of a JSON string; bytes that are not UTF-8 become U+FFFD.
std::string escape_json(std::string_view text);

}  // namespace redoubt::policy
