// SPDX-License-Identifier: Apache-2.0
//
// Answers that no kernel gives.
#pragma once

#include <climits>
#include <cstdint>

namespace redoubt::shim {

inline constexpr int64_t kGarbage[] = {
    -4096, -5000, INT64_MIN, INT64_MIN + 1, -(int64_t{1} << 32), INT64_MAX, int64_t{1} << 47, int64_t{UINT32_MAX} + 1,
};

}  // namespace redoubt::shim
