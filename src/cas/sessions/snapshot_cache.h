// SPDX-License-Identifier: Apache-2.0
//
// A small cache of things that are costly to read and never change: (name, version of the record) -> shared value. A version names
// one content for ever, so an entry is never stale: whoever asks has just read the version from the store. Bounded by weight, the
// least recently used go first. Thread-safe: one mutex, held for a look-up only; values are shared, so an evicted one lives on
// with whoever still uses it.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace redoubt::cas {

template <typename T>
class SnapshotCache {
 public:
  explicit SnapshotCache(size_t largest_weight) : largest_weight_(largest_weight) {}

  std::shared_ptr<const T> find(const std::string& name, uint64_t version) {
    const std::scoped_lock lock(mutex_);
    const auto found = index_.find(name);
    if (found == index_.end() || found->second->version != version) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }

  // `weight` in bytes, roughly. What is heavier than a quarter of the whole is not kept.
  void insert(const std::string& name, uint64_t version, std::shared_ptr<const T> value, size_t weight) {
    if (weight > largest_weight_ / 4) return;
    const std::scoped_lock lock(mutex_);
    if (const auto found = index_.find(name); found != index_.end()) {
      // A slow reader may come with an older version than the one that is here.
      if (found->second->version > version) return;
      drop(found->second);
    }
    entries_.push_front({name, version, std::move(value), weight});
    index_[name] = entries_.begin();
    weight_ += weight;
    while (weight_ > largest_weight_) drop(std::prev(entries_.end()));
  }

  size_t weight() const {
    const std::scoped_lock lock(mutex_);
    return weight_;
  }

 private:
  struct Entry {
    std::string name;
    uint64_t version;
    std::shared_ptr<const T> value;
    size_t weight;
  };
  using Entries = std::list<Entry>;

  void drop(typename Entries::iterator entry) {
    weight_ -= entry->weight;
    index_.erase(entry->name);
    entries_.erase(entry);
  }

  const size_t largest_weight_;
  mutable std::mutex mutex_;
  Entries entries_;                                                    // guarded by mutex_; most recently used first
  std::unordered_map<std::string, typename Entries::iterator> index_;  // guarded by mutex_
  size_t weight_ = 0;                                                  // guarded by mutex_
};

}  // namespace redoubt::cas
