// SPDX-License-Identifier: Apache-2.0
//
// The index of a volume: all metadata, in the memory of each process. Built from a checkpoint and the operations of the log after it;
// the same operations give the same index everywhere. Pure data: no input, no output, no locks (the engine has them).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "volume/operation.h"
#include "volume/slots.h"

namespace redoubt::volume {

// Where a block lies and what authenticates it. Slot 0: a hole. With kInLog: a place in the log.
struct BlockRef {
  uint64_t slot : 40 = 0;
  uint64_t epoch : 24 = 0;  // in Index::epochs
  uint64_t counter = 0;
  Mac tag{};
  bool is_hole() const { return slot == 0; }
  bool is_in_log() const { return volume::is_in_log(slot); }
  bool operator==(const BlockRef&) const = default;
};
static_assert(sizeof(BlockRef) == 32);

// The blocks of a file: chunks of up to 256, so that files may be large and sparse.
class BlockMap {
 public:
  static constexpr uint64_t kChunk = 256;
  BlockRef find(uint64_t block) const;
  // Returns what was there.
  BlockRef set(uint64_t block, const BlockRef& ref);
  // The first block at or after `block` that is none (or is a hole); kNone without one.
  static constexpr uint64_t kNone = ~uint64_t{0};
  uint64_t next_data(uint64_t block) const;
  uint64_t next_hole(uint64_t block) const;
  // Calls on_each(block, ref) for data in [first, end), then forgets them.
  template <typename OnEach>
  void erase(uint64_t first, uint64_t end, OnEach on_each);
  template <typename OnEach>
  void for_each(OnEach on_each) const {
    for (const auto& [number, refs] : chunks_) {
      for (size_t i = 0; i < refs.size(); ++i) {
        if (!refs[i].is_hole()) on_each(number * kChunk + i, refs[i]);
      }
    }
  }

 private:
  std::map<uint64_t, std::vector<BlockRef>> chunks_;
};

template <typename OnEach>
void BlockMap::erase(uint64_t first, uint64_t end, OnEach on_each) {
  for (auto it = chunks_.lower_bound(first / kChunk); it != chunks_.end() && it->first * kChunk < end;) {
    auto& [number, refs] = *it;
    const uint64_t base = number * kChunk;
    bool left = false;
    for (size_t i = 0; i < refs.size(); ++i) {
      if (refs[i].is_hole()) continue;
      if (base + i < first || base + i >= end) {
        left = true;
        continue;
      }
      on_each(base + i, refs[i]);
      refs[i] = {};
    }
    it = left ? std::next(it) : chunks_.erase(it);
  }
}

struct Entry {
  InodeNumber inode = 0;
  uint64_t cookie = 0;
};

struct Directory {
  std::map<std::string, Entry, std::less<>> names;
  std::map<uint64_t, std::string_view> by_cookie;  // views of the keys of `names`
  uint64_t next_cookie = 1;
};

struct Inode {
  Attributes attributes;
  InodeNumber parent = 0;  // of a directory
  BlockMap blocks;
  std::unique_ptr<Directory> directory;
  std::string target;
  std::unique_ptr<std::map<std::string, std::vector<uint8_t>, std::less<>>> extended;

  bool is_directory() const { return directory != nullptr; }
};

struct KnownTag {
  uint64_t sequence = 0;
  ByteArray<32> mac{};
};

class Index {
 public:
  Inode* find(InodeNumber number);
  const Inode* find(InodeNumber number) const { return const_cast<Index*>(this)->find(number); }
  Entry* find(Inode& directory, std::string_view name);

  // False: impossible after what came before; the index is then of no use.
  [[nodiscard]] bool apply(const Operation& operation);

  // The number that stands for an epoch in block references; kEpochLimit when there are too many.
  uint64_t epoch_number(const Epoch& epoch);
  const Epoch& epoch(uint64_t number) const { return epochs_[number]; }
  size_t epoch_count() const { return epochs_.size(); }

  // For checkpoints.
  Inode& insert(InodeNumber number) { return inodes_[number]; }
  bool insert_entry(Inode& directory, std::string_view name, Entry entry);
  const std::unordered_map<InodeNumber, Inode>& inodes() const { return inodes_; }

  Slots slots;
  InodeNumber next_inode = kRootInode;
  uint64_t data_blocks = 0;
  bool is_rotating = false;  // the last operation was kRotate
  uint64_t last_change = 0, last_barrier = 0;
  uint64_t durable = 0, acknowledged = 0;  // as operations said

 private:
  bool add_entry(Inode& directory, std::string_view name, InodeNumber inode, const Time& time);
  void remove_entry(Inode& directory, std::string_view name, const Time& time);
  bool create(const Operation& op);
  bool link(const Operation& op);
  bool unlink(const Operation& op);
  bool rename(const Operation& op);
  bool change(const Operation& op);
  bool content(const Operation& op);
  bool extended(const Operation& op);
  bool lose_name(InodeNumber number, uint32_t flags, const Operation& op);
  void free(InodeNumber number, uint64_t sequence);
  // No longer named, by the operation `sequence`.
  void drop(const BlockRef& ref, uint64_t sequence);

  std::unordered_map<InodeNumber, Inode> inodes_;
  std::vector<Epoch> epochs_;
  std::map<Epoch, uint64_t> epoch_numbers_;
};

}  // namespace redoubt::volume
