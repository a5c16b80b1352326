// SPDX-License-Identifier: Apache-2.0
//
// A few decrypted blocks, so that small appends and small reads do not decrypt the same block each time. An entry is found by the
// reference that the index has at the moment: an old one is never found, whoever replaced it.
#pragma once

#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "volume/index.h"

namespace redoubt::volume {

class BlockCache {
 public:
  // Copies `size` bytes at `at` of the block. False: not here.
  bool get(InodeNumber inode, uint64_t block, const BlockRef& ref, size_t at, size_t size, uint8_t* to) {
    const std::scoped_lock lock(mutex_);
    const Slot& slot = slots_[place(inode, block)];
    if (slot.data == nullptr || slot.inode != inode || slot.block != block || !(slot.ref == ref)) return false;
    std::memcpy(to, slot.data.get() + at, size);
    return true;
  }
  void put(InodeNumber inode, uint64_t block, const BlockRef& ref, const uint8_t* data) {
    const std::scoped_lock lock(mutex_);
    Slot& slot = slots_[place(inode, block)];
    if (slot.data == nullptr) slot.data = std::make_unique<uint8_t[]>(kBlockSize);
    slot.inode = inode;
    slot.block = block;
    slot.ref = ref;
    std::memcpy(slot.data.get(), data, kBlockSize);
  }
  // The numbers of epochs have changed.
  void clear() {
    const std::scoped_lock lock(mutex_);
    for (Slot& slot : slots_) slot.inode = 0;
  }
  std::mutex& mutex_for_fork() { return mutex_; }

 private:
  static constexpr size_t kSlots = 64;
  struct Slot {
    InodeNumber inode = 0;
    uint64_t block = 0;
    BlockRef ref;
    std::unique_ptr<uint8_t[]> data;
  };
  static size_t place(InodeNumber inode, uint64_t block) { return (inode * 0x9e3779b97f4a7c15 + block) % kSlots; }

  std::mutex mutex_;
  std::vector<Slot> slots_{kSlots};
};

}  // namespace redoubt::volume
