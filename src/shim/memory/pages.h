// SPDX-License-Identifier: Apache-2.0
//
// Addresses in whole pages, for the calls that change mappings.
#pragma once

#include <cstdint>

namespace redoubt::shim {

inline constexpr uint64_t kPage = 4096;
inline constexpr uint64_t kUserTop = 0x7ffffffff000;

constexpr uint64_t page_down(uint64_t address) { return address & ~(kPage - 1); }
constexpr uint64_t page_up(uint64_t address) { return (address + kPage - 1) & ~(kPage - 1); }

struct Range {
  uint64_t begin;
  uint64_t end;
};

// [address, address + length) in whole pages. False when it wraps or leaves the user half.
inline bool page_range(uint64_t address, uint64_t length, Range& range) {
  if (length > kUserTop || address > kUserTop - length) return false;
  range = {page_down(address), page_up(address + length)};
  return true;
}

}  // namespace redoubt::shim
