// SPDX-License-Identifier: Apache-2.0
//
// The host's answers, before anything is computed from them. A kernel keeps its interface; a hostile host behind the
// same gate need not. What no kernel answers becomes EIO here, so that the code behind may rely on the value: a count
// that is larger than what was asked for would make it read or write beyond its own buffer.
#pragma once

#include <climits>
#include <cstddef>
#include <cstdint>

#include "base/result.h"

namespace redoubt::gate {

// A count of bytes or elements, of at most `asked`.
constexpr Result<size_t> count_of(int64_t raw, size_t asked) {
  const Result<uint64_t> count = from_raw(raw);
  if (!count) return std::unexpected(count.error());
  if (*count > asked) return fail(EIO);
  return static_cast<size_t>(*count);
}

// A descriptor.
constexpr Result<int> descriptor_of(int64_t raw) {
  const Result<uint64_t> number = from_raw(raw);
  if (!number) return std::unexpected(number.error());
  if (*number > INT_MAX) return fail(EIO);
  return static_cast<int>(*number);
}

}  // namespace redoubt::gate
