// SPDX-License-Identifier: Apache-2.0
#include "volume/slots.h"

#include <algorithm>

#include "volume/format.h"

namespace redoubt::volume {

bool Slots::take_old(uint64_t slot, uint64_t count) { return mark(slot, count, limit_); }

bool Slots::mark(uint64_t slot, uint64_t count, uint64_t limit) {
  if (slot == 0 || slot >= kSlotLimit || count > kSlotLimit - slot) return false;
  if (slot + count > limit) {
    refused_end_ = slot + count;
    return false;
  }
  for (uint64_t i = slot; i < slot + count; ++i) {
    if (get(used_, i)) return false;
    set(used_, i);
    ++used_count_;
  }
  end_ = std::max(end_, slot + count);
  return true;
}

bool Slots::take(uint64_t slot, uint64_t count) {
  // The file may be shorter than what was written to it before a power cut; but nobody skips that much.
  constexpr uint64_t kGap = uint64_t{1} << 24;
  if (!mark(slot, count, std::max(end_, limit_) + kGap)) return false;
  for (uint64_t i = slot; i < slot + count; ++i) {
    set(fresh_, i);
    fresh_list_.push_back(i);
  }
  return true;
}

void Slots::free(uint64_t slot) {
  if (!get(used_, slot)) return;
  clear(used_, slot);
  --used_count_;
}

void Slots::drop(uint64_t slot, uint64_t sequence) {
  if (get(fresh_, slot)) {
    clear(fresh_, slot);
    free(slot);
  } else {
    dropped_.push_back({slot, sequence});
  }
}

void Slots::barrier() {
  for (const uint64_t slot : fresh_list_) clear(fresh_, slot);
  fresh_list_.clear();
}

void Slots::settle(uint64_t sequence) {
  while (!dropped_.empty() && dropped_.front().sequence <= sequence) {
    free(dropped_.front().slot);
    dropped_.pop_front();
  }
}

Slots::Found Slots::reserve(uint64_t wanted) {
  // Next fit: the first free slot after the last found, and what is free behind it. A long run is not broken up while most of the
  // file is in use: it goes to the end instead.
  const uint64_t words = end_ / 64 + 1;
  const bool take_anything = wanted < 8 || free_count() > end_ / 4;
  uint64_t looked = 0;
  for (uint64_t word = cursor_ / 64; free_count() > 0 && looked <= std::min<uint64_t>(words, 4096); ++looked) {
    if (word >= words) word = 0;
    const uint64_t bits = word < used_.size() ? used_[word] : 0;
    uint64_t open = ~bits;
    if (looked == 0) open &= ~uint64_t{0} << (cursor_ % 64);
    if (word == 0) open &= ~uint64_t{1};
    if (open == 0) {
      ++word;
      continue;
    }
    const uint64_t first = word * 64 + static_cast<uint64_t>(__builtin_ctzll(open));
    if (first >= end_) {
      word = 0;
      cursor_ = 1;
      continue;
    }
    uint64_t last = first;
    while (last < first + wanted && last < end_ && !get(used_, last)) ++last;
    if (last - first == wanted || take_anything) {
      for (uint64_t i = first; i < last; ++i) set(used_, i);
      used_count_ += last - first;
      cursor_ = last;
      return {first, last - first};
    }
    word = last / 64 + 1;
    cursor_ = word * 64;
  }
  const uint64_t first = end_;
  for (uint64_t i = first; i < first + wanted; ++i) set(used_, i);
  used_count_ += wanted;
  end_ += wanted;
  return {first, wanted};
}

void Slots::give_back(uint64_t slot, uint64_t count) {
  for (uint64_t i = slot; i < slot + count; ++i) free(i);
}

}  // namespace redoubt::volume
