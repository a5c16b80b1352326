// SPDX-License-Identifier: Apache-2.0
//
// What execve is given: arrays of strings in the program's memory. Every word and byte of them is the program's to choose.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace redoubt::shim {

inline constexpr size_t kMaximumString = 131072;  // MAX_ARG_STRLEN, the NUL included

// Reads a NULL-terminated array of strings and takes what they need on the new stack from `budget`. No array is an empty one. EFAULT;
// E2BIG for a string that is too long, or when `budget` does not suffice.
Result<std::vector<std::string>> read_strings(uint64_t at, uint64_t& budget);

}  // namespace redoubt::shim
