// SPDX-License-Identifier: Apache-2.0
//
// Blocks: a header of 16 bytes in front of what the caller gets, which is aligned to 16.
#include "shim/attested/pool.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <bit>

#include "shim/memory/sealed.h"

namespace redoubt::shim::attested::pool {
namespace {

constexpr size_t kChunk = size_t{512} * 1024;
constexpr unsigned kLeastPower = 5, kMostPower = 15;  // blocks of 32 bytes to 32 KiB, headers included
constexpr size_t kMappings = 64;

struct Header {
  uint64_t size;   // that the caller asked for
  uint64_t power;  // of two; 0 for a mapping of its own
};
static_assert(sizeof(Header) == 16);
struct Free {
  Free* next;
};

std::array<std::span<uint8_t>, kMappings> mappings;
std::array<Free*, kMostPower + 1> free_blocks;
std::span<uint8_t> chunk;  // the rest of it
bool ended = false;

std::span<uint8_t> map(size_t size) {
  const auto slot = std::ranges::find_if(mappings, [](auto mapping) { return mapping.empty(); });
  if (slot == mappings.end()) return {};
  const auto mapping = sealed::map(size, false);
  if (mapping) *slot = *mapping;
  return *slot;
}

Header* cut(unsigned power) {
  const size_t size = size_t{1} << power;
  if (free_blocks[power] != nullptr) {
    Free* block = free_blocks[power];
    free_blocks[power] = block->next;
    return reinterpret_cast<Header*>(block);
  }
  if (chunk.size() < size) chunk = map(kChunk);
  if (chunk.size() < size) return nullptr;
  auto* block = reinterpret_cast<Header*>(chunk.data());
  chunk = chunk.subspan(size);
  return block;
}

Header* header_of(void* block) { return static_cast<Header*>(block) - 1; }

}  // namespace

void* allocate(size_t size) {
  if (ended || size > SIZE_MAX / 2) return nullptr;
  const auto power = std::max(kLeastPower, static_cast<unsigned>(std::bit_width(size + sizeof(Header) - 1)));
  auto* header = power <= kMostPower ? cut(power) : reinterpret_cast<Header*>(map(size + sizeof(Header)).data());
  if (header == nullptr) return nullptr;
  *header = {.size = size, .power = power <= kMostPower ? power : 0};
  return header + 1;
}

void* resize(void* block, size_t size) {
  if (block == nullptr) return allocate(size);
  Header* header = header_of(block);
  if (header->power != 0 && size + sizeof(Header) <= size_t{1} << header->power) {
    if (size < header->size) explicit_bzero(static_cast<uint8_t*>(block) + size, header->size - size);
    header->size = size;
    return block;
  }
  void* larger = allocate(size);
  if (larger == nullptr) return nullptr;
  memcpy(larger, block, std::min<size_t>(size, header->size));
  release(block);
  return larger;
}

void release(void* block) {
  if (block == nullptr || ended) return;
  Header* header = header_of(block);
  if (header->power == 0) {
    const auto mapping =
        std::ranges::find_if(mappings, [&](auto each) { return each.data() == reinterpret_cast<uint8_t*>(header); });
    sealed::unmap(*mapping);
    *mapping = {};
    return;
  }
  const uint64_t power = header->power;
  explicit_bzero(header, header->size + sizeof(Header));
  auto* free = reinterpret_cast<Free*>(header);
  free->next = free_blocks[power];
  free_blocks[power] = free;
}

std::span<uint8_t> bytes(size_t size) {
  void* block = allocate(size);
  return block == nullptr ? std::span<uint8_t>{} : std::span(static_cast<uint8_t*>(block), size);
}

void end() {
  ended = true;
  for (auto& mapping : mappings) {
    sealed::unmap(mapping);
    mapping = {};
  }
  free_blocks.fill(nullptr);
  chunk = {};
}

}  // namespace redoubt::shim::attested::pool
