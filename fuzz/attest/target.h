// SPDX-License-Identifier: Apache-2.0
//
// A fuzz target is one file with these two functions. With libFuzzer (REDOUBT_FUZZ=ON, clang) the first is what it calls;
// otherwise plain_driver.cc mutates the seeds a bounded number of times, the same way every time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace redoubt::fuzz {

// Well-formed inputs, of which mutations are near misses.
std::vector<Bytes> seeds();

}  // namespace redoubt::fuzz
