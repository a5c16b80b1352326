// SPDX-License-Identifier: Apache-2.0
//
// Which addresses of a process show which part of which file: disjoint ranges by their beginnings. A range that is mapped over,
// moved or unmapped in part is split, as the kernel splits its own. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "shim/volumes/control_block.h"

namespace redoubt::shim::volumes {

class MappingTable {
 public:
  struct Part {
    uint64_t end;
    Handle handle;
    uint64_t offset;  // in the file, of the part's beginning
  };

  void add(uint64_t begin, const Part& part);
  void remove(uint64_t begin, uint64_t end);
  // The part that begins at or lies over an address; its beginning and offset are moved there.
  std::optional<Part> at(uint64_t address) const;
  // What lies in a range, cut to it, by beginnings.
  std::vector<std::pair<uint64_t, Part>> parts_in(uint64_t begin, uint64_t end) const;
  // Without doubles.
  std::vector<Handle> handles_in(uint64_t begin, uint64_t end) const;
  bool empty() const { return parts_.empty(); }

 private:
  std::map<uint64_t, Part> parts_;  // by their beginnings, disjoint
};

}  // namespace redoubt::shim::volumes
