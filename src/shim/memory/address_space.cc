// SPDX-License-Identifier: Apache-2.0
//
// Interval arithmetic of the program's address space.
#include "shim/memory/address_space.h"

#include <algorithm>

namespace redoubt::shim {

void RangeSet::add(uint64_t begin, uint64_t end) {
  if (begin >= end) return;
  auto next = ranges_.upper_bound(begin);
  if (next != ranges_.begin()) {
    const auto previous = std::prev(next);
    if (previous->second >= begin) {
      begin = previous->first;
      end = std::max(end, previous->second);
      next = ranges_.erase(previous);
    }
  }
  while (next != ranges_.end() && next->first <= end) {
    end = std::max(end, next->second);
    next = ranges_.erase(next);
  }
  ranges_.emplace_hint(next, begin, end);
}

void RangeSet::remove(uint64_t begin, uint64_t end) {
  if (begin >= end) return;
  auto next = ranges_.upper_bound(begin);
  if (next != ranges_.begin()) --next;
  while (next != ranges_.end() && next->first < end) {
    const auto [low, high] = *next;
    if (high <= begin) {
      ++next;
      continue;
    }
    next = ranges_.erase(next);
    if (low < begin) ranges_.emplace(low, begin);
    if (high > end) {
      ranges_.emplace(end, high);
      break;
    }
  }
}

bool RangeSet::covers(uint64_t begin, uint64_t end) const {
  if (begin >= end) return true;
  const auto next = ranges_.upper_bound(begin);
  return next != ranges_.begin() && std::prev(next)->second >= end;
}

std::optional<std::pair<uint64_t, uint64_t>> RangeSet::range_at(uint64_t address) const {
  auto after = ranges_.upper_bound(address);
  if (after == ranges_.begin()) return std::nullopt;
  --after;
  if (address >= after->second) return std::nullopt;
  return *after;
}

bool RangeSet::touches(uint64_t begin, uint64_t end) const {
  if (begin >= end) return false;
  const auto next = ranges_.lower_bound(end);
  return next != ranges_.begin() && std::prev(next)->second > begin;
}

void RangeSet::for_each(uint64_t begin, uint64_t end, const std::function<void(uint64_t, uint64_t)>& visit) const {
  auto next = ranges_.upper_bound(begin);
  if (next != ranges_.begin()) --next;
  for (; next != ranges_.end() && next->first < end; ++next) {
    const uint64_t low = std::max(begin, next->first);
    const uint64_t high = std::min(end, next->second);
    if (low < high) visit(low, high);
  }
}

AddressSpace& address_space() {
  static AddressSpace space;
  return space;
}

}  // namespace redoubt::shim
