// SPDX-License-Identifier: Apache-2.0
//
// Chunks that are filled from their beginning and dropped together.
#include "shim/memory/scratch.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstdint>

#include "base/result.h"
#include "shim/gate/gate.h"

namespace redoubt::shim {
namespace {

struct Chunk {
  Chunk* previous;
  size_t size;  // this header included
};

constexpr size_t kChunkSize = size_t{256} << 10;
constexpr size_t kPage = 4096;

thread_local bool active = false;
thread_local Chunk* newest = nullptr;
thread_local uint64_t next = 0;  // free bytes of the newest chunk: [next, end)
thread_local uint64_t end = 0;

// A child that is killed between the two lines loses one chunk, and nothing else.
bool add_chunk(size_t needed) {
  const size_t size = std::max(kChunkSize, (sizeof(Chunk) + needed + kPage - 1) & ~(kPage - 1));
  const int64_t raw =
      gate::call(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, static_cast<uint64_t>(-1), 0);
  if (is_error(raw)) return false;
  auto* chunk = reinterpret_cast<Chunk*>(raw);
  *chunk = {.previous = newest, .size = size};
  newest = chunk;
  next = gate::address_of(chunk) + sizeof(Chunk);
  end = gate::address_of(chunk) + size;
  return true;
}

}  // namespace

ScratchScope::ScratchScope(bool wanted) { active = wanted; }
ScratchScope::~ScratchScope() { release_scratch(); }

HeapScope::HeapScope() : was_scratch_(active) { active = false; }
HeapScope::~HeapScope() { active = was_scratch_; }

void release_scratch() {
  active = false;
  next = end = 0;
  while (newest != nullptr) {
    Chunk* const chunk = newest;
    newest = chunk->previous;
    gate::call(SYS_munmap, gate::address_of(chunk), chunk->size);
  }
}

}  // namespace redoubt::shim

extern "C" void* scratch_allocate(size_t size, size_t alignment) {
  using namespace redoubt::shim;
  if (!active) return nullptr;
  const auto aligned = [&] { return (next + alignment - 1) & ~(uint64_t{alignment} - 1); };
  if (aligned() > end || size > end - aligned()) {
    if (!add_chunk(size + alignment)) return nullptr;
  }
  const uint64_t at = aligned();
  next = at + size;
  return reinterpret_cast<void*>(at);
}

extern "C" bool scratch_owns(const void* pointer) {
  using namespace redoubt::shim;
  const auto address = reinterpret_cast<uint64_t>(pointer);
  for (const Chunk* chunk = newest; chunk != nullptr; chunk = chunk->previous) {
    const uint64_t begin = redoubt::gate::address_of(chunk);
    if (address >= begin && address < begin + chunk->size) return true;
  }
  return false;
}
