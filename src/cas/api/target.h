// SPDX-License-Identifier: Apache-2.0
//
// The request target of HTTP/1.1 in origin form (RFC 9112, 3.2.1): a path and a query, percent-decoded strictly. What is not
// exactly as RFC 3986 has it is refused rather than repaired, so that nobody reads a name in another way than CAS does.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace redoubt::cas {

struct Target {
  std::string path;                                        // decoded, begins with '/'
  std::vector<std::pair<std::string, std::string>> query;  // decoded; "a" and "a=" both have an empty value
};

// nullopt: not in this form, or it holds control characters.
std::optional<Target> parse_target(std::string_view text);

}  // namespace redoubt::cas
