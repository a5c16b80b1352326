// SPDX-License-Identifier: Apache-2.0
#include "policy/value.h"

#include <algorithm>

namespace redoubt::policy {
namespace {

constexpr int kOneLine = -1;

void write_text(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') {
      out += '\\';
      out += character;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else {
      out += character;
    }
  }
  out += '"';
}

void break_line(std::string& out, int indent) {
  if (indent == kOneLine) return;
  out += '\n';
  out.append(static_cast<size_t>(indent) * 2, ' ');
}

int deeper(int indent) { return indent == kOneLine ? kOneLine : indent + 1; }

}  // namespace

void Value::sort() {
  std::vector<std::pair<std::string, Value>> keyed;
  for (Value& member : std::get<List>(content_)) {
    std::string key = member.canonical_json();
    keyed.emplace_back(std::move(key), std::move(member));
  }
  std::ranges::stable_sort(keyed, {}, &std::pair<std::string, Value>::first);
  List sorted;
  for (auto& [key, member] : keyed) sorted.push_back(std::move(member));
  content_ = std::move(sorted);
}

std::string Value::canonical_json() const {
  std::string out;
  write(out, kOneLine);
  return out;
}

std::string Value::indented_json() const {
  std::string out;
  write(out, 0);
  return out + '\n';
}

void Value::write(std::string& out, int indent) const {
  if (const auto* text = std::get_if<std::string>(&content_)) {
    write_text(out, *text);
  } else if (const auto* number = std::get_if<int64_t>(&content_)) {
    out += std::to_string(*number);
  } else if (const auto* truth = std::get_if<bool>(&content_)) {
    out += *truth ? "true" : "false";
  } else if (const auto* list = std::get_if<List>(&content_)) {
    out += '[';
    for (size_t index = 0; index < list->size(); ++index) {
      if (index > 0) out += ',';
      break_line(out, deeper(indent));
      (*list)[index].write(out, deeper(indent));
    }
    if (!list->empty()) break_line(out, indent);
    out += ']';
  } else {
    const Map& map = std::get<Map>(content_);
    out += '{';
    bool first = true;
    for (const auto& [key, member] : map) {
      if (!first) out += ',';
      first = false;
      break_line(out, deeper(indent));
      write_text(out, key);
      out += indent == kOneLine ? ":" : ": ";
      member.write(out, deeper(indent));
    }
    if (!map.empty()) break_line(out, indent);
    out += '}';
  }
}

}  // namespace redoubt::policy
