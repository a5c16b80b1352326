// SPDX-License-Identifier: Apache-2.0
//
// How the name tables of this folder are written: an array of values in the order in which --trace tries them (for
// flags, a combination such as O_SYNC stands before the bits it contains), and a NameTable over it.
#pragma once

#include "shim/syscalls/row.h"

namespace redoubt::shim::names {

// Only the preprocessor can turn a constant's name into text.
#define REDOUBT_NAME(constant) \
  { static_cast<uint64_t>(static_cast<uint32_t>(constant)), #constant }

template <size_t kCount>
constexpr NameTable table_of(const NamedValue (&values)[kCount], uint64_t choice_mask = 0) {
  return {values, kCount, choice_mask};
}

}  // namespace redoubt::shim::names
