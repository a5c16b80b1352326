// SPDX-License-Identifier: Apache-2.0
//
// Arguments: a command written as one text, split as a shell would but without expansion, and the launcher's arguments that
// a session asks for by number. `@@1` is the launcher's first argument, `@@@@` is a literal @@, and @@ before anything that
// is no digit is itself.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "policy/template.h"

namespace redoubt::policy {

// POSIX quoting: '…' as it is; "…" with \ before " \ $ ` and a newline; \ before anything outside. $ and * mean nothing.
std::expected<std::vector<std::string>, TemplateError> split_command(std::string_view text);

// Either literal text or the number of a host argument, from 1.
struct ArgumentPart {
  std::string literal;
  uint32_t host_argument = 0;
};

inline constexpr uint32_t kMaxHostArgument = 4096;

std::expected<std::vector<ArgumentPart>, TemplateError> parse_host_arguments(std::string_view text);

}  // namespace redoubt::policy
