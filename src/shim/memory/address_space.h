// SPDX-License-Identifier: Apache-2.0
//
// Which addresses belong to the program. The runtime lives in the same address space, and the program must neither see
// nor touch it: its maps list only what it mapped, and munmap, mprotect or MAP_FIXED over the shim meet "nothing there"
// (or ENOMEM), as over any memory that is not the program's to take.
//
// Every change of the program's mappings is made under this lock together with the host call, so that the record and
// the kernel agree.
#pragma once

#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "base/result.h"

namespace redoubt::shim {

// A set of addresses, kept as disjoint half-open ranges. Pure.
class RangeSet {
 public:
  void add(uint64_t begin, uint64_t end);
  void remove(uint64_t begin, uint64_t end);
  bool covers(uint64_t begin, uint64_t end) const;
  bool touches(uint64_t begin, uint64_t end) const;
  // The range that `address` lies in.
  std::optional<std::pair<uint64_t, uint64_t>> range_at(uint64_t address) const;
  // Calls `visit(begin, end)` for each part of the set within the given range, ascending.
  void for_each(uint64_t begin, uint64_t end, const std::function<void(uint64_t, uint64_t)>& visit) const;

 private:
  std::map<uint64_t, uint64_t> ranges_;  // begin → end
};

struct Heap {
  uint64_t start = 0;  // where brk began
  uint64_t end = 0;    // the present break
};

class AddressSpace {
 public:
  std::mutex& mutex() { return mutex_; }
  RangeSet& owned() { return owned_; }
  const RangeSet& owned() const { return owned_; }
  // In an attested run: mappings of files that are no code, which mprotect must not make executable.
  RangeSet& never_executable() { return never_executable_; }
  // Private mappings of files that have been readable, executable and not writable since they were mapped: call sites in
  // them may be rewritten (patch/).
  RangeSet& code() { return code_; }
  // Mappings of huge pages, which the kernel changes as a whole only.
  void add_huge(uint64_t page, uint64_t begin, uint64_t end) { huge_[page].add(begin, end); }
  void remove_huge(uint64_t begin, uint64_t end) {
    for (auto& [page, ranges] : huge_) ranges.remove(begin, end);
  }
  // 0 where pages are not huge.
  uint64_t huge_page_at(uint64_t address) const {
    for (const auto& [page, ranges] : huge_) {
      if (ranges.range_at(address)) return page;
    }
    return 0;
  }
  // Where private mappings of the beginning of a file begin: ELF headers are among them.
  void add_image(uint64_t begin) { images_.insert(begin); }
  void remove_images(uint64_t begin, uint64_t end) {
    images_.erase(images_.lower_bound(begin), images_.lower_bound(end));
  }
  // The last that begins at or before `address`.
  std::optional<uint64_t> image_before(uint64_t address) const {
    const auto after = images_.upper_bound(address);
    return after == images_.begin() ? std::nullopt : std::optional(*std::prev(after));
  }
  // What is no longer mapped.
  void forget(uint64_t begin, uint64_t end) {
    owned_.remove(begin, end);
    never_executable_.remove(begin, end);
    remove_images(begin, end);
    remove_huge(begin, end);
  }
  Heap& heap() { return heap_; }

 private:
  std::mutex mutex_;
  RangeSet owned_;                     // guarded by mutex_
  RangeSet never_executable_;          // guarded by mutex_
  RangeSet code_;                      // guarded by mutex_
  std::set<uint64_t> images_;          // guarded by mutex_
  std::map<uint64_t, RangeSet> huge_;  // by page size; guarded by mutex_
  Heap heap_;                          // guarded by mutex_
};

// The program's. One a process; a vfork child shares its parent's, as it shares the memory.
AddressSpace& address_space();

}  // namespace redoubt::shim
