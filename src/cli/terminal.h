// SPDX-License-Identifier: Apache-2.0
//
// What people see. Colour only on a terminal, never when NO_COLOR is set or TERM is "dumb", so that what is piped or logged is
// plain text.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "cli/error.h"

namespace redoubt::cli {

enum class Colour { kRed, kYellow, kGreen, kBold };

// `text` as it should be written to `stream`, which must be std::cout or std::cerr for colour to be considered.
std::string paint(const std::ostream& stream, Colour colour, std::string_view text);

// "1 file", "2 files"; `plural` where it is not the word and an s.
std::string count_of(size_t count, const std::string& what, const std::string& plural = {});

// Writes to standard output, all of it: a full disk behind a redirection is an error.
Result<ExitStatus> print(std::string_view text);

}  // namespace redoubt::cli
