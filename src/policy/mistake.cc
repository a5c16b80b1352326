// SPDX-License-Identifier: Apache-2.0
#include "policy/mistake.h"

#include <algorithm>
#include <cctype>
#include <numeric>

#include "policy/value.h"

namespace redoubt::policy {
namespace {

constexpr size_t kQuotedSize = 60;

char lower(char character) { return static_cast<char>(std::tolower(static_cast<unsigned char>(character))); }

// Levenshtein's distance, capped: words longer than this are never names of ours.
size_t edit_distance(std::string_view left, std::string_view right) {
  constexpr size_t kLongest = 64;
  if (left.size() > kLongest || right.size() > kLongest) return kLongest;
  std::vector<size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < left.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < right.size(); ++j) {
      const size_t replaced = diagonal + (lower(left[i]) == lower(right[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string shown;
  for (const char character : text.substr(0, kQuotedSize)) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '\n') {
      shown += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      shown += '?';
    } else {
      shown += character;
    }
  }
  // Not in the middle of a character.
  if (text.size() > kQuotedSize) {
    while (!shown.empty() && (static_cast<unsigned char>(shown.back()) & 0xc0) == 0x80) shown.pop_back();
    if (!shown.empty() && static_cast<unsigned char>(shown.back()) >= 0xc0) shown.pop_back();
    shown += "...";
  }
  return "\"" + shown + "\"";
}

std::string listed(const std::vector<std::string_view>& words) {
  std::string out;
  for (size_t index = 0; index < words.size(); ++index) {
    if (index > 0) out += index + 1 == words.size() ? " or " : ", ";
    out += words[index];
  }
  return out;
}

std::string describe(const Mistake& mistake) {
  std::string line = std::to_string(mistake.at.line) + ":" + std::to_string(mistake.at.column) + ": ";
  line += mistake.severity == Severity::kError ? "error: " : "warning: ";
  if (!mistake.where.empty()) line += mistake.where + ": ";
  if (mistake.severity == Severity::kError) line += "expected ";
  line += mistake.expected;
  if (!mistake.found.empty()) line += ", found " + mistake.found;
  if (!mistake.hint.empty()) line += "; " + mistake.hint;
  return line;
}

std::string as_json(const std::vector<Mistake>& mistakes) {
  Value list = Value::list();
  for (const Mistake& mistake : mistakes) {
    Value row = Value::map();
    row.set("severity", mistake.severity == Severity::kError ? "error" : "warning");
    row.set("line", mistake.at.line);
    row.set("column", mistake.at.column);
    row.set("where", mistake.where);
    row.set("expected", mistake.expected);
    row.set("found", mistake.found);
    row.set("hint", mistake.hint);
    list.add(std::move(row));
  }
  return list.indented_json();
}

bool has_errors(const std::vector<Mistake>& mistakes) {
  return std::ranges::any_of(mistakes, [](const Mistake& one) { return one.severity == Severity::kError; });
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& words) {
  std::string_view best;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string_view candidate : words) {
    const size_t distance = edit_distance(word, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace redoubt::policy
