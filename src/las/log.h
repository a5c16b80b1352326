// SPDX-License-Identifier: Apache-2.0
//
// The log of LAS: standard error, one line an event. Names of files come from others, so what is not printable is shown
// as such: nobody writes a line of his own into the log.
#pragma once

#include <string_view>

#include "las/refusal.h"

namespace redoubt::las {

// Thread-safe: one write a line.
void log_line(std::string_view text);

// "check: expected ..., found ...; remedy"
std::string describe(const Finding& finding);

// Control characters and what is beyond ASCII as \xNN.
std::string printable(std::string_view text);

}  // namespace redoubt::las
