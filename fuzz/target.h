// SPDX-License-Identifier: Apache-2.0
//
// What a fuzz target supplies. libFuzzer calls the first; driver.cc, which needs no clang, calls both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// Feeds arbitrary bytes to one parser. Anything but a return is a finding. Always 0.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

// Well-formed inputs to start from.
std::vector<std::string> fuzz_seeds();

// Stays on in release builds: an expectation about what a parser accepted.
#define FUZZ_CHECK(condition) ((condition) ? static_cast<void>(0) : __builtin_trap())
