// SPDX-License-Identifier: Apache-2.0
#include "volume/index.h"

#include <algorithm>
#include <utility>

namespace redoubt::volume {

BlockRef BlockMap::find(uint64_t block) const {
  const auto it = chunks_.find(block / kChunk);
  if (it == chunks_.end() || block % kChunk >= it->second.size()) return {};
  return it->second[block % kChunk];
}

BlockRef BlockMap::set(uint64_t block, const BlockRef& ref) {
  auto& refs = chunks_[block / kChunk];
  const size_t at = block % kChunk;
  if (at >= refs.size()) {
    if (at + 1 > refs.capacity() && refs.capacity() > 0) refs.reserve(std::min<size_t>(kChunk, (at + 1) * 2));
    refs.resize(at + 1);
  }
  return std::exchange(refs[at], ref);
}

uint64_t BlockMap::next_data(uint64_t block) const {
  for (auto it = chunks_.lower_bound(block / kChunk); it != chunks_.end(); ++it) {
    const uint64_t base = it->first * kChunk;
    for (size_t i = block > base ? block - base : 0; i < it->second.size(); ++i) {
      if (!it->second[i].is_hole()) return base + i;
    }
  }
  return kNone;
}

uint64_t BlockMap::next_hole(uint64_t block) const {
  for (auto it = chunks_.find(block / kChunk); it != chunks_.end(); it = chunks_.find(block / kChunk)) {
    for (; block / kChunk == it->first; ++block) {
      if (block % kChunk >= it->second.size() || it->second[block % kChunk].is_hole()) return block;
    }
  }
  return block;
}

Inode* Index::find(InodeNumber number) {
  const auto it = inodes_.find(number);
  return it == inodes_.end() ? nullptr : &it->second;
}

Entry* Index::find(Inode& directory, std::string_view name) {
  if (!directory.is_directory()) return nullptr;
  const auto it = directory.directory->names.find(name);
  return it == directory.directory->names.end() ? nullptr : &it->second;
}

uint64_t Index::epoch_number(const Epoch& epoch) {
  if (!epochs_.empty() && epochs_.back() == epoch) return epochs_.size() - 1;
  const auto [it, inserted] = epoch_numbers_.try_emplace(epoch, epochs_.size());
  if (inserted) {
    if (epochs_.size() >= kEpochLimit) {
      epoch_numbers_.erase(it);
      return kEpochLimit;
    }
    epochs_.push_back(epoch);
  }
  return it->second;
}

bool Index::insert_entry(Inode& directory, std::string_view name, Entry entry) {
  const auto [it, inserted] = directory.directory->names.try_emplace(std::string(name), entry);
  if (!inserted || !directory.directory->by_cookie.try_emplace(entry.cookie, it->first).second) return false;
  directory.directory->next_cookie = std::max(directory.directory->next_cookie, entry.cookie + 1);
  return true;
}

}  // namespace redoubt::volume
