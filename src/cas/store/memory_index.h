// SPDX-License-Identifier: Apache-2.0
//
// Which records exist, in memory: for each kind and name, the version and the digest of its sealing (Sealer::place_digest). A
// record on disk is believed only when it is the one named here, so one that was put back to an older sealing, deleted or added
// behind CAS's back shows, also while CAS runs.
//
// What makes the index itself believable at start is its sum: the XOR of all digests, kept sealed in the database and
// replaced in the transaction of every commit. The digests are a keyed PRF's and never leave the process, so nobody else
// can find another set of records with the same sum. The whole database put back to an older state is the one thing this
// cannot see (docs/cas.md says what does).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace redoubt::cas {

struct IndexEntry {
  uint64_t version;
  ByteArray<32> digest;
};

// Not thread-safe: its owner locks.
class MemoryIndex {
 public:
  const IndexEntry* find(uint8_t kind, const std::string& name) const;
  // Sorted by bytes, beginning with `prefix`, after `after`.
  std::vector<std::string> names(uint8_t kind, const std::string& prefix, const std::string& after, size_t limit) const;
  void set(uint8_t kind, const std::string& name, const IndexEntry& entry);

  // The sum as it is, and as it would be after the entries were set.
  struct Named {
    uint8_t kind;
    std::string name;
    IndexEntry entry;
  };
  const ByteArray<32>& sum() const { return sum_; }
  ByteArray<32> sum_after(const std::vector<Named>& changes) const;

 private:
  std::map<uint8_t, std::map<std::string, IndexEntry>> kinds_;
  ByteArray<32> sum_{};
};

}  // namespace redoubt::cas
