// SPDX-License-Identifier: Apache-2.0
//
// Which slots of data.0 are free. A slot that is no longer named stays out of use while recovery could need it: as long as a state
// that a power cut may bring back names it. Those are the state at the last barrier, and all after it. Hence:
//
//   named since the last barrier record only: free at once (if a cut brings back a state that named it, that block does not verify,
//     and recovery goes further back; the state at the barrier never named it)
//   named at the last barrier record: free when a later barrier (or checkpoint) is durable
//
// Every process derives the same from the log; each frees what it knows to be durable.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

namespace redoubt::volume {

class Slots {
 public:
  // How many slots the data file has. A checkpoint names no others, and an operation none far behind.
  void set_limit(uint64_t limit) { limit_ = limit; }
  // The end of what was refused for that reason; 0: nothing.
  uint64_t refused_end() const { return refused_end_; }
  // Marks as named. False: out of range, or in use.
  [[nodiscard]] bool take(uint64_t slot, uint64_t count);
  // Out of a checkpoint: named long ago.
  [[nodiscard]] bool take_old(uint64_t slot, uint64_t count);
  // No longer named, by the operation `sequence`.
  void drop(uint64_t slot, uint64_t sequence);
  // A barrier record, or checkpoint.
  void barrier();
  // Everything up to `sequence` is durable.
  void settle(uint64_t sequence);

  // At most `wanted` consecutive free slots, the first and how many. Reserved until take() or give_back().
  struct Found {
    uint64_t slot, count;
  };
  Found reserve(uint64_t wanted);
  void give_back(uint64_t slot, uint64_t count);

  uint64_t end() const { return end_; }  // above every slot in use
  uint64_t free_count() const { return end_ - 1 - used_count_; }
  bool has_dropped() const { return !dropped_.empty(); }
  bool is_free(uint64_t slot) const { return slot >= end_ || !get(used_, slot); }

 private:
  using Bits = std::vector<uint64_t>;
  static bool get(const Bits& bits, uint64_t slot) {
    return slot / 64 < bits.size() && ((bits[slot / 64] >> (slot % 64)) & 1) != 0;
  }
  static void set(Bits& bits, uint64_t slot) {
    if (slot / 64 >= bits.size()) bits.resize(slot / 64 + 1);
    bits[slot / 64] |= uint64_t{1} << (slot % 64);
  }
  static void clear(Bits& bits, uint64_t slot) {
    if (slot / 64 < bits.size()) bits[slot / 64] &= ~(uint64_t{1} << (slot % 64));
  }
  void free(uint64_t slot);

  struct Dropped {
    uint64_t slot, sequence;
  };
  Bits used_, fresh_;
  std::vector<uint64_t> fresh_list_;
  std::deque<Dropped> dropped_;
  bool mark(uint64_t slot, uint64_t count, uint64_t limit);

  uint64_t end_ = 1, used_count_ = 0, cursor_ = 1, limit_ = 0, refused_end_ = 0;
};

}  // namespace redoubt::volume
