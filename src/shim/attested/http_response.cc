// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/http_response.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "wire/attest_protocol.h"

namespace redoubt::shim::attested {
namespace {

constexpr int kMostFields = 64;

bool is_digit(char character) { return character >= '0' && character <= '9'; }
char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character + 32) : character;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

// tchar of RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [=](char character) {
    return is_digit(character) || (lower(character) >= 'a' && lower(character) <= 'z') ||
           kMarks.find(character) != std::string_view::npos;
  });
}

// Of a field's value and of a reason phrase: no control characters, so no line end either.
bool is_text(std::string_view text) {
  return std::ranges::all_of(text, [](char character) {
    return character == '\t' || (character >= 0x20 && character != 0x7f) || character < 0;
  });
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char character) { return character == ' ' || character == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

constexpr std::string_view kVersion = "HTTP/1.1 ";

// "HTTP/1.1 200 OK"; the reason may be empty.
bool parse_status_line(std::string_view line, ResponseHead& head) {
  if (!line.starts_with(kVersion)) return false;
  line.remove_prefix(kVersion.size());
  if (line.size() < 3 || !std::ranges::all_of(line.substr(0, 3), is_digit)) return false;
  head.status = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  line.remove_prefix(3);
  return head.status >= 200 && head.status <= 599 && (line.empty() || line.front() == ' ') && is_text(line);
}

bool parse_size(std::string_view value, size_t largest, size_t& size) {
  constexpr size_t kMostDigits = 9;
  if (value.empty() || value.size() > kMostDigits || !std::ranges::all_of(value, is_digit)) return false;
  std::from_chars(value.data(), value.data() + value.size(), size);
  return size <= largest;
}

struct Seen {
  bool size = false;
  bool type = false;
};

bool parse_field(std::string_view line, size_t largest_body, Seen& seen, ResponseHead& head) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!is_text(value)) return false;
  if (equal_ignoring_case(name, "Content-Length")) {
    if (std::exchange(seen.size, true)) return false;
    return parse_size(value, largest_body, head.body_size);
  }
  if (equal_ignoring_case(name, "Content-Type")) {
    if (std::exchange(seen.type, true)) return false;
    head.is_wire = equal_ignoring_case(value, wire::kWireType);
  }
  if (equal_ignoring_case(name, "Connection")) head.closes = equal_ignoring_case(value, "close");
  // Another framing than the length, or another form of the content.
  return !equal_ignoring_case(name, "Transfer-Encoding") && !equal_ignoring_case(name, "Content-Encoding") &&
         !equal_ignoring_case(name, "Upgrade");
}

}  // namespace

HeadState parse_head(std::string_view received, size_t largest_body, ResponseHead& head) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const size_t compared = std::min(received.size(), kVersion.size());
  if (received.substr(0, compared) != kVersion.substr(0, compared)) return HeadState::kMalformed;
  const size_t end = received.substr(0, kLargestHead).find(kEnd);
  if (end == std::string_view::npos) {
    return received.size() >= kLargestHead ? HeadState::kMalformed : HeadState::kIncomplete;
  }
  head = {};
  head.head_size = end + kEnd.size();
  std::string_view rest = received.substr(0, end + 2);
  const auto line = [&rest] {
    const size_t size = rest.find("\r\n");
    const std::string_view text = rest.substr(0, size);
    rest.remove_prefix(size + 2);
    return text;
  };
  if (!parse_status_line(line(), head)) return HeadState::kMalformed;
  Seen seen;
  for (int fields = 0; !rest.empty(); ++fields) {
    if (fields == kMostFields || !parse_field(line(), largest_body, seen, head)) return HeadState::kMalformed;
  }
  return seen.size ? HeadState::kComplete : HeadState::kMalformed;
}

}  // namespace redoubt::shim::attested
