// SPDX-License-Identifier: Apache-2.0
#include "policy/template.h"

#include "policy/mistake.h"
#include "policy/syntax.h"
#include "policy/utf8.h"

namespace redoubt::policy {
namespace {

constexpr std::string_view kMark = "$$";
constexpr std::string_view kLiteralMark = "$$$$";
constexpr std::string_view kBegin = "$$SCONE::";
constexpr std::string_view kEscape = "|escape(";

struct OlderForm {
  std::string_view suffix;
  std::string_view form;
};
constexpr OlderForm kOlderForms[] = {{".crt", "crt"}, {".key", "privatekey"}, {".chain", "chain"}};

// The inside of a variable: name[:form][|escape(json)].
std::expected<Variable, TemplateError> parse_variable(std::string_view inside) {
  Variable variable;
  const size_t escape = inside.find('|');
  if (escape != std::string_view::npos) {
    const std::string_view call = inside.substr(escape);
    if (call != "|escape(json)") {
      return std::unexpected(TemplateError{"|escape(json) or nothing after the form of a variable", quoted(call),
                                           call.starts_with(kEscape) ? "json is the only one" : ""});
    }
    variable.escape_json = true;
    inside = inside.substr(0, escape);
  }
  const size_t colon = inside.find(':');
  variable.name = inside.substr(0, colon);
  if (colon != std::string_view::npos) variable.form = inside.substr(colon + 1);
  if (!is_identifier(variable.name) || (colon != std::string_view::npos && variable.form.empty())) {
    return std::unexpected(TemplateError{"a variable of the form $$SCONE::name$$ or $$SCONE::name:form$$",
                                         quoted(std::string(kBegin) + std::string(inside) + "$$"),
                                         "write $$$$SCONE:: if the text is meant as it is"});
  }
  return variable;
}

}  // namespace

std::string Variable::spelling() const {
  return std::string(kBegin) + name + (form.empty() ? "" : ":" + form) + (escape_json ? "|escape(json)" : "") + "$$";
}

std::expected<TemplateParts, TemplateError> parse_template(std::string_view text) {
  TemplateParts parts;
  std::string literal;
  while (!text.empty()) {
    if (text.starts_with(kLiteralMark)) {
      literal += kMark;
      text.remove_prefix(kLiteralMark.size());
    } else if (text.starts_with(kBegin)) {
      const size_t end = text.find(kMark, kBegin.size());
      if (end == std::string_view::npos) {
        return std::unexpected(TemplateError{"$$ at the end of a variable", quoted(text),
                                             "write $$SCONE::name$$, or $$$$SCONE:: if the text is meant as it is"});
      }
      auto variable = parse_variable(text.substr(kBegin.size(), end - kBegin.size()));
      if (!variable) return std::unexpected(variable.error());
      if (!literal.empty()) parts.push_back({std::move(literal), std::nullopt});
      literal.clear();
      parts.push_back({"", std::move(*variable)});
      text.remove_prefix(end + kMark.size());
    } else {
      literal += text[0];
      text.remove_prefix(1);
    }
  }
  if (!literal.empty()) parts.push_back({std::move(literal), std::nullopt});
  return parts;
}

std::optional<Variable> older_spelling(const Variable& variable) {
  for (const OlderForm& older : kOlderForms) {
    if (!variable.form.empty() || !variable.name.ends_with(older.suffix)) continue;
    Variable found = variable;
    found.name.resize(found.name.size() - older.suffix.size());
    found.form = older.form;
    if (!found.name.empty()) return found;
  }
  return std::nullopt;
}

std::string escape_json(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text[0]);
    const size_t size = byte == 0 ? 1 : utf8_size(text);
    if (size == 0) {
      out += "\xef\xbf\xbd";
      text.remove_prefix(1);
      continue;
    }
    if (byte < 0x20) {
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else {
      if (byte == '"' || byte == '\\') out += '\\';
      out += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace redoubt::policy
