// SPDX-License-Identifier: Apache-2.0
//
// How often call sites trapped: what decides when one is rewritten (patcher.cc). Counts are hints. Of more than four sites that share
// elements some begin anew, and what another process writes here costs a patch or an attempt, not correctness: a site is proved where
// it is rewritten.
//
// A child that traps a few times and ends would do so for ever, since its counts end with it. So processes that descend from each
// other by fork count in a second table too, which they share, and what is due there the next to fork rewrites before it does, for
// all children to come.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace redoubt::shim::patch {

class TrapCounts {
 public:
  // Counts a trap. True for the one that makes `limit`: the caller decides on the site, or marks it as due.
  bool add(uint64_t syscall_at, uint64_t number, uint8_t limit) {
    std::atomic<uint64_t>& element = element_of(syscall_at);
    const uint64_t value = element.load(std::memory_order_relaxed);
    const uint64_t count = site_of(value) == syscall_at ? value & kCount : 0;
    if (count >= kDue) return false;
    const bool is_last = count + 1 >= limit;
    element.store(pack(syscall_at, number, is_last ? kDecided : count + 1), std::memory_order_relaxed);
    return is_last;
  }

  // For whoever may rewrite it: for_each_due shows it to them.
  void mark_due(uint64_t syscall_at, uint64_t number) {
    element_of(syscall_at).store(pack(syscall_at, number, kDue), std::memory_order_relaxed);
    due_.fetch_add(1, std::memory_order_release);
  }
  // Changes with every site that becomes due.
  uint64_t due() const { return due_.load(std::memory_order_acquire); }

  // False if it was decided before.
  bool decide(uint64_t syscall_at, uint64_t number) {
    std::atomic<uint64_t>& element = element_of(syscall_at);
    const uint64_t value = element.load(std::memory_order_relaxed);
    if (site_of(value) == syscall_at && (value & kCount) == kDecided) return false;
    element.store(pack(syscall_at, number, kDecided), std::memory_order_relaxed);
    return true;
  }

  // Calls visit(syscall_at, number) for each site that is due.
  template <typename Visit>
  void for_each_due(Visit visit) const {
    for (const auto& element : elements_) {
      const uint64_t value = element.load(std::memory_order_relaxed);
      if ((value & kCount) == kDue) visit(site_of(value), value >> kCountBits & kNumber);
    }
  }

 private:
  // Where the `syscall` is (47 bits), its number (9; the largest stands for all that do not fit), the count (8).
  static constexpr unsigned kCountBits = 8, kNumberBits = 9;
  static constexpr uint64_t kCount = (1 << kCountBits) - 1, kNumber = (1 << kNumberBits) - 1;
  static constexpr uint64_t kDue = 254, kDecided = 255;

  static uint64_t site_of(uint64_t value) { return value >> (kCountBits + kNumberBits); }
  static uint64_t pack(uint64_t syscall_at, uint64_t number, uint64_t count) {
    return syscall_at << (kCountBits + kNumberBits) | (number < kNumber ? number : kNumber) << kCountBits | count;
  }
  // The site's element, or that of its four which it takes: an empty one, or the one with the fewest traps.
  std::atomic<uint64_t>& element_of(uint64_t syscall_at) {
    std::atomic<uint64_t>* const first = &elements_[(syscall_at ^ syscall_at >> 12) % (kElements / kWays) * kWays];
    std::atomic<uint64_t>* taken = first;
    for (std::atomic<uint64_t>* element = first; element != first + kWays; ++element) {
      const uint64_t value = element->load(std::memory_order_relaxed);
      if (site_of(value) == syscall_at) return *element;
      if ((value & kCount) < (taken->load(std::memory_order_relaxed) & kCount)) taken = element;
    }
    return *taken;
  }

  static constexpr size_t kElements = 511, kWays = 4;
  std::atomic<uint64_t> elements_[kElements] = {};
  std::atomic<uint64_t> due_ = 0;
};
static_assert(sizeof(TrapCounts) == 4096);  // a page, of which a child that traps has a copy

}  // namespace redoubt::shim::patch
