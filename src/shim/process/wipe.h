// SPDX-License-Identifier: Apache-2.0
//
// Secrets that pass through the heap and the stack of an attested run do not stay there.
#pragma once

#include <string.h>

#include <string>
#include <vector>

namespace redoubt::shim {

// From here on `operator delete` wipes what it gives back (runtime_libc.cc). Never undone.
void wipe_freed_memory();

inline void wipe(std::vector<uint8_t>& bytes) {
  if (!bytes.empty()) explicit_bzero(bytes.data(), bytes.size());  // an empty one may have no address
  bytes.clear();
}

// The part of the stack below the caller's frame, which earlier calls used.
void wipe_stack_below();

}  // namespace redoubt::shim
