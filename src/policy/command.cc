// SPDX-License-Identifier: Apache-2.0
#include "policy/command.h"

#include <algorithm>
#include <charconv>

#include "policy/mistake.h"
#include "policy/syntax.h"

namespace redoubt::policy {
namespace {

constexpr std::string_view kEscapedInQuotes = "\"\\$`\n";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

TemplateError unfinished(std::string_view what) {
  return {"a command whose quotes are closed", std::string(what), "close it, or write the command as a list"};
}

}  // namespace

std::expected<std::vector<std::string>, TemplateError> split_command(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;  // ' or " while inside
  for (size_t index = 0; index < text.size(); ++index) {
    const char c = text[index];
    const char next = index + 1 < text.size() ? text[index + 1] : 0;
    if (quote == 0 && is_blank(c)) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
      continue;
    }
    // A backslash before the end of a line joins the lines, and is no word by itself.
    if (quote == 0 && c == '\\' && next == '\n') {
      ++index;
      continue;
    }
    in_word = true;
    if (quote == '\'') {
      if (c == '\'') {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\\' && (quote == 0 || kEscapedInQuotes.find(next) != std::string_view::npos)) {
      if (index + 1 == text.size()) return std::unexpected(unfinished("a \\ at the end"));
      if (next != '\n') word += next;
      ++index;
    } else if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else {
      word += c;
    }
  }
  if (quote != 0) return std::unexpected(unfinished(quote == '"' ? "an open \"" : "an open '"));
  if (in_word) words.push_back(std::move(word));
  return words;
}

std::expected<std::vector<ArgumentPart>, TemplateError> parse_host_arguments(std::string_view text) {
  std::vector<ArgumentPart> parts;
  std::string literal;
  while (!text.empty()) {
    if (text.starts_with("@@@@")) {
      literal += "@@";
      text.remove_prefix(4);
    } else if (text.size() > 2 && text.starts_with("@@") && is_digit(text[2])) {
      text.remove_prefix(2);
      const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
      uint32_t number = 0;
      const auto [end, problem] = std::from_chars(text.data(), text.data() + digits, number);
      if (problem != std::errc() || number == 0 || number > kMaxHostArgument || text[0] == '0') {
        return std::unexpected(
            TemplateError{"the number of a host argument, from 1 to " + std::to_string(kMaxHostArgument),
                          quoted("@@" + std::string(text.substr(0, digits))), "write @@@@ for a literal @@"});
      }
      if (!literal.empty()) parts.push_back({std::move(literal), 0});
      literal.clear();
      parts.push_back({"", number});
      text.remove_prefix(digits);
    } else {
      literal += text[0];
      text.remove_prefix(1);
    }
  }
  if (!literal.empty()) parts.push_back({std::move(literal), 0});
  return parts;
}

}  // namespace redoubt::policy
