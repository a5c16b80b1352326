// SPDX-License-Identifier: Apache-2.0
//
// Pages have numbers: chunk * 64 + place in the chunk. A page is free, the first of a run of pages that are one block, or cut into
// slots of one size; pages of a size that still have free slots form a list. One lock for all of it: a request takes some
// twenty nanoseconds, and wiping is done outside.
#include "shim/attested/pool.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <mutex>

#include "shim/memory/sealed.h"

namespace redoubt::shim::attested::pool {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kChunkPages = 64, kChunk = kChunkPages * kPage;
constexpr size_t kMostChunks = 1024;
constexpr size_t kMappings = 64;
constexpr size_t kLargestRun = 8 * kPage;
constexpr uint16_t kNone = UINT16_MAX;

// Multiples of 64, so that every block is aligned to that; at most 64 to a page.
constexpr uint16_t kSlotSizes[] = {64, 128, 192, 256, 320, 448, 576, 768, 1024, 1344, 2048};
constexpr size_t kSizes = std::size(kSlotSizes);
constexpr uint8_t kRun = kSizes, kInsideRun = kSizes + 1;

struct Page {
  uint64_t free_slots;  // of a cut page
  uint16_t before, after;
  uint8_t kind;  // index into kSlotSizes, kRun, kInsideRun
  uint8_t run;   // pages, of the first of a run
};

std::mutex lock;  // guards everything below
std::span<uint8_t> range;
size_t chunk_count = 0;
std::array<uint64_t, kMostChunks> free_pages, touched_pages;  // one bit a page
std::array<Page, kMostChunks * kChunkPages> pages;
std::array<uint16_t, kSizes> open_pages = [] {
  std::array<uint16_t, kSizes> lists{};
  lists.fill(kNone);
  return lists;
}();
std::array<std::span<uint8_t>, kMappings> mappings;
bool ended = false;

// For owns(), which is asked for every record buffer that is given back: written under the lock, read without.
std::atomic<const uint8_t*> range_begin = nullptr;
std::atomic<size_t> mapping_count = 0;

// Made by before_fork(): of each chunk, then of each mapping; empty where nothing is in use.
std::array<std::span<uint8_t>, kMostChunks> chunk_copies;
std::array<std::span<uint8_t>, kMappings> mapping_copies;

uint8_t* address_of_page(size_t page) { return range.data() + page * kPage; }
bool in_range(const void* block) {
  const auto* at = static_cast<const uint8_t*>(block);
  return at >= range.data() && at < range.data() + chunk_count * kChunk;
}
size_t page_of(const void* block) {
  return static_cast<size_t>(static_cast<const uint8_t*>(block) - range.data()) / kPage;
}

bool add_chunk() {
  if (range.empty()) {
    const auto reserved = sealed::reserve(kMostChunks * kChunk);
    if (!reserved) return false;
    range = *reserved;
    range_begin = range.data();
  }
  if (chunk_count == kMostChunks) return false;
  const auto memory = sealed::map(kChunk, false);
  if (!memory) return false;
  if (!sealed::move(*memory, range.data() + chunk_count * kChunk)) {
    sealed::unmap(*memory);
    return false;
  }
  free_pages[chunk_count++] = ~uint64_t{0};
  return true;
}

// The lowest run of so many free pages: low ones have been touched already.
uint16_t take_pages(size_t count) {
  while (true) {
    for (size_t chunk = 0; chunk < chunk_count; ++chunk) {
      uint64_t starts = free_pages[chunk];
      for (size_t i = 1; i < count; ++i) starts &= free_pages[chunk] >> i;
      if (starts == 0) continue;
      const auto first = static_cast<size_t>(std::countr_zero(starts));
      const uint64_t run = ((uint64_t{1} << count) - 1) << first;
      free_pages[chunk] &= ~run;
      touched_pages[chunk] |= run;
      return static_cast<uint16_t>(chunk * kChunkPages + first);
    }
    if (!add_chunk()) return kNone;
  }
}

void give_pages(size_t page, size_t count) {
  free_pages[page / kChunkPages] |= ((uint64_t{1} << count) - 1) << page % kChunkPages;
}

void put_into_list(uint16_t page) {
  uint16_t& head = open_pages[pages[page].kind];
  pages[page].before = kNone;
  pages[page].after = head;
  if (head != kNone) pages[head].before = page;
  head = page;
}

void take_from_list(uint16_t page) {
  const Page& it = pages[page];
  (it.before == kNone ? open_pages[it.kind] : pages[it.before].after) = it.after;
  if (it.after != kNone) pages[it.after].before = it.before;
}

constexpr uint64_t all_slots(size_t size) {
  const size_t count = kPage / size;
  return count == 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}

void* take_slot(uint8_t kind) {
  const size_t size = kSlotSizes[kind];
  uint16_t page = open_pages[kind];
  if (page == kNone) {
    page = take_pages(1);
    if (page == kNone) return nullptr;
    pages[page] = {.free_slots = all_slots(size), .before = kNone, .after = kNone, .kind = kind, .run = 1};
    put_into_list(page);
  }
  uint64_t& free = pages[page].free_slots;
  const auto slot = static_cast<size_t>(std::countr_zero(free));
  free &= free - 1;
  if (free == 0) take_from_list(page);
  return address_of_page(page) + slot * size;
}

void* take_run(size_t size) {
  const size_t count = (size + kPage - 1) / kPage;
  const uint16_t first = take_pages(count);
  if (first == kNone) return nullptr;
  for (size_t i = 0; i < count; ++i) pages[first + i].kind = kInsideRun;
  pages[first].kind = kRun;
  pages[first].run = static_cast<uint8_t>(count);
  return address_of_page(first);
}

void* take_mapping(size_t size) {
  const auto slot = std::ranges::find_if(mappings, [](auto mapping) { return mapping.empty(); });
  if (slot == mappings.end()) return nullptr;
  const auto mapping = sealed::map(size, false);
  if (!mapping) return nullptr;
  *slot = *mapping;
  ++mapping_count;
  return slot->data();
}

auto find_mapping(const void* block) {
  return std::ranges::find_if(mappings, [&](auto each) { return !each.empty() && each.data() == block; });
}

// What a block can hold; 0: it is none of ours.
size_t room_of(const void* block) {
  if (in_range(block)) {
    const Page& page = pages[page_of(block)];
    return page.kind < kSizes ? kSlotSizes[page.kind] : page.kind == kRun ? page.run * kPage : 0;
  }
  const auto mapping = find_mapping(block);
  return mapping == mappings.end() ? 0 : mapping->size();
}

}  // namespace

void* allocate(size_t size) {
  if (size > SIZE_MAX / 2) return nullptr;
  const std::lock_guard guard(lock);
  if (ended) return nullptr;
  const auto* fitting = std::ranges::lower_bound(kSlotSizes, size);
  void* block = fitting != std::end(kSlotSizes) ? take_slot(static_cast<uint8_t>(fitting - kSlotSizes))
                : size <= kLargestRun           ? take_run(size)
                                                : take_mapping(size);
  return block;
}

void* resize(void* block, size_t size) {
  if (block == nullptr) return allocate(size);
  size_t room;
  {
    const std::lock_guard guard(lock);
    room = room_of(block);
  }
  if (room == 0) return nullptr;
  if (size <= room && size > room / 4) {
    explicit_bzero(static_cast<uint8_t*>(block) + size, room - size);
    return block;
  }
  void* other = allocate(size);
  if (other == nullptr) return nullptr;
  memcpy(other, block, std::min(size, room));
  release(block);
  return other;
}

void release(void* block) {
  if (block == nullptr) return;
  size_t room;
  {
    const std::lock_guard guard(lock);
    room = ended ? 0 : room_of(block);
    if (room != 0 && !in_range(block)) {
      const auto mapping = find_mapping(block);
      sealed::unmap(*mapping);
      *mapping = {};
      --mapping_count;
      return;
    }
  }
  if (room == 0) return;
  explicit_bzero(block, room);
  const std::lock_guard guard(lock);
  const auto number = static_cast<uint16_t>(page_of(block));
  Page& page = pages[number];
  if (page.kind == kRun) {
    give_pages(number, page.run);
    return;
  }
  const size_t size = kSlotSizes[page.kind];
  const bool was_full = page.free_slots == 0;
  page.free_slots |= uint64_t{1} << static_cast<size_t>(static_cast<uint8_t*>(block) - address_of_page(number)) / size;
  if (was_full) put_into_list(number);
  if (page.free_slots == all_slots(size)) {
    take_from_list(number);
    give_pages(number, 1);
  }
}

bool owns(const void* block) {
  const uint8_t* const begin = range_begin;
  const auto* const at = static_cast<const uint8_t*>(block);
  if (begin != nullptr && at >= begin && at < begin + kMostChunks * kChunk) return true;
  if (mapping_count == 0) return false;
  const std::lock_guard guard(lock);
  return room_of(block) != 0;
}

std::span<uint8_t> bytes(size_t size) {
  void* block = allocate(size);
  return block == nullptr ? std::span<uint8_t>{} : std::span(static_cast<uint8_t*>(block), size);
}

size_t used() {
  const std::lock_guard guard(lock);
  size_t sum = 0;
  for (size_t chunk = 0; chunk < chunk_count; ++chunk) {
    sum += (kChunkPages - static_cast<size_t>(std::popcount(free_pages[chunk]))) * kPage;
  }
  for (const auto mapping : mappings) sum += mapping.size();
  return sum;
}

Result<void> before_fork() {
  lock.lock();
  Result<void> result;
  const auto copy = [&](size_t size, std::span<uint8_t>& to) {
    const auto memory = sealed::map(size, false);
    if (!memory) {
      result = std::unexpected(memory.error());
      return false;
    }
    to = *memory;
    return true;
  };
  for (size_t chunk = 0; chunk < chunk_count && result; ++chunk) {
    // A chunk without anything in use is copied as nothing: the child must not share it.
    if (!copy(kChunk, chunk_copies[chunk])) break;
    for (uint64_t in_use = ~free_pages[chunk]; in_use != 0; in_use &= in_use - 1) {
      const size_t offset = static_cast<size_t>(std::countr_zero(in_use)) * kPage;
      memcpy(chunk_copies[chunk].data() + offset, range.data() + chunk * kChunk + offset, kPage);
    }
  }
  for (size_t i = 0; i < kMappings && result; ++i) {
    if (mappings[i].empty() || !copy(mappings[i].size(), mapping_copies[i])) continue;
    memcpy(mapping_copies[i].data(), mappings[i].data(), mappings[i].size());
  }
  if (result) return result;
  after_fork_in_parent(false);
  return fail(ENOMEM);
}

void after_fork_in_parent(bool has_child) {
  const auto give_up = [](std::span<uint8_t>& copy) {
    if (copy.empty()) return;  // not written: a page that only one of the two processes writes is copied
    sealed::leave(copy);
    copy = {};
  };
  for (size_t chunk = 0; chunk < chunk_count; ++chunk) {
    if (!has_child && !chunk_copies[chunk].empty()) {  // otherwise the bytes are the child's
      for (uint64_t in_use = ~free_pages[chunk]; in_use != 0; in_use &= in_use - 1) {
        explicit_bzero(chunk_copies[chunk].data() + static_cast<size_t>(std::countr_zero(in_use)) * kPage, kPage);
      }
    }
    give_up(chunk_copies[chunk]);
  }
  for (auto& each : mapping_copies) {
    if (!has_child && !each.empty()) explicit_bzero(each.data(), each.size());
    give_up(each);
  }
  lock.unlock();
}

bool after_fork_in_child() {
  bool complete = true;
  const auto take_over = [&complete](std::span<uint8_t>& copy, uint8_t* at) {
    if (copy.empty()) return;
    if (!sealed::move(copy, at)) complete = false;
    copy = {};
  };
  for (size_t chunk = 0; chunk < chunk_count; ++chunk) take_over(chunk_copies[chunk], range.data() + chunk * kChunk);
  for (size_t i = 0; i < kMappings; ++i) take_over(mapping_copies[i], mappings[i].data());
  lock.unlock();
  return complete;
}

void end() {
  const std::lock_guard guard(lock);
  ended = true;
  for (auto& mapping : mappings) {
    sealed::unmap(mapping);
    mapping = {};
  }
  mapping_count = 0;
  for (size_t chunk = 0; chunk < chunk_count; ++chunk) {  // wiping the rest would cost its page faults
    for (uint64_t touched = touched_pages[chunk]; touched != 0; touched &= touched - 1) {
      explicit_bzero(address_of_page(chunk * kChunkPages + static_cast<size_t>(std::countr_zero(touched))), kPage);
    }
  }
  if (!range.empty()) sealed::leave(range);
  range = {};
  range_begin = nullptr;
  chunk_count = 0;
}

}  // namespace redoubt::shim::attested::pool
