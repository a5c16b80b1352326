// SPDX-License-Identifier: Apache-2.0
#include "cas/store/memory_index.h"

namespace redoubt::cas {
namespace {

void combine(ByteArray<32>& sum, const ByteArray<32>& digest) {
  for (size_t index = 0; index < sum.size(); ++index) sum[index] ^= digest[index];
}

}  // namespace

const IndexEntry* MemoryIndex::find(uint8_t kind, const std::string& name) const {
  const auto of_kind = kinds_.find(kind);
  if (of_kind == kinds_.end()) return nullptr;
  const auto entry = of_kind->second.find(name);
  return entry == of_kind->second.end() ? nullptr : &entry->second;
}

std::vector<std::string> MemoryIndex::names(uint8_t kind, const std::string& prefix, const std::string& after,
                                            size_t limit) const {
  std::vector<std::string> found;
  const auto of_kind = kinds_.find(kind);
  if (of_kind == kinds_.end()) return found;
  const auto& entries = of_kind->second;
  for (auto entry = after < prefix ? entries.lower_bound(prefix) : entries.upper_bound(after);
       entry != entries.end() && entry->first.starts_with(prefix) && found.size() < limit; ++entry) {
    found.push_back(entry->first);
  }
  return found;
}

void MemoryIndex::set(uint8_t kind, const std::string& name, const IndexEntry& entry) {
  if (const IndexEntry* present = find(kind, name)) combine(sum_, present->digest);
  combine(sum_, entry.digest);
  kinds_[kind][name] = entry;
}

ByteArray<32> MemoryIndex::sum_after(const std::vector<Named>& changes) const {
  ByteArray<32> sum = sum_;
  for (const Named& change : changes) {
    if (const IndexEntry* present = find(change.kind, change.name)) combine(sum, present->digest);
    combine(sum, change.entry.digest);
  }
  return sum;
}

}  // namespace redoubt::cas
