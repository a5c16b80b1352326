// SPDX-License-Identifier: Apache-2.0
#include "shim/volumes/mapping_table.h"

#include <algorithm>
#include <iterator>

namespace redoubt::shim::volumes {

void MappingTable::add(uint64_t begin, const Part& part) {
  remove(begin, part.end);
  parts_[begin] = part;
}

void MappingTable::remove(uint64_t begin, uint64_t end) {
  auto at = parts_.lower_bound(begin);
  if (at != parts_.begin() && std::prev(at)->second.end > begin) --at;
  while (at != parts_.end() && at->first < end) {
    const uint64_t part_begin = at->first;
    const Part part = at->second;
    at = parts_.erase(at);
    if (part_begin < begin) parts_[part_begin] = {begin, part.handle, part.offset};
    if (part.end > end) parts_[end] = {part.end, part.handle, part.offset + (end - part_begin)};
  }
}

std::optional<MappingTable::Part> MappingTable::at(uint64_t address) const {
  auto found = parts_.upper_bound(address);
  if (found == parts_.begin()) return std::nullopt;
  --found;
  if (found->second.end <= address) return std::nullopt;
  Part part = found->second;
  part.offset += address - found->first;
  return part;
}

std::vector<std::pair<uint64_t, MappingTable::Part>> MappingTable::parts_in(uint64_t begin, uint64_t end) const {
  std::vector<std::pair<uint64_t, Part>> found;
  for (const auto& [part_begin, part] : parts_) {
    const uint64_t from = std::max(begin, part_begin);
    const uint64_t to = std::min(end, part.end);
    if (from < to) found.push_back({from, {to, part.handle, part.offset + (from - part_begin)}});
  }
  return found;
}

std::vector<Handle> MappingTable::handles_in(uint64_t begin, uint64_t end) const {
  std::vector<Handle> found;
  for (const auto& [part_begin, part] : parts_) {
    if (part_begin >= end || part.end <= begin || std::ranges::find(found, part.handle) != found.end()) continue;
    found.push_back(part.handle);
  }
  return found;
}

}  // namespace redoubt::shim::volumes
