// SPDX-License-Identifier: Apache-2.0
//
// Where rewritten call sites jump to. A region is two pages near the program's code: a page of code, and a page of data, which is
// writable only while a slot is given away. Slot i of the code reads slot i of the data:
//
//   8b 05 disp32       mov number(%rip), %eax
//   48 8b 0d disp32    mov return_address(%rip), %rcx
//   ff 25 disp32       jmp *target(%rip)
//
// This is written once, before the page is executable. The slot of a site of the third form (call_site.h) begins with the
// instruction from the site in place of the first; it is written when it is given away.
//
// `syscall` overwrites %rcx, so the program does not miss it. A slot is never given to another site: a thread may stand
// between two of its instructions for as long as it likes. Regions are never unmapped. So slots can be read without a lock;
// changes are made under AddressSpace::mutex.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace redoubt::shim::patch {

inline constexpr size_t kPage = 4096;
inline constexpr size_t kSlotSize = 32;  // of code, and of data
inline constexpr size_t kSlotsPerRegion = kPage / kSlotSize;
inline constexpr size_t kMostRegions = 64;
inline constexpr size_t kLongestInstruction = 15;

// What the code of a slot reads, near it.
struct SlotData {
  uint64_t return_address;
  uint64_t target;
  uint32_t number;
  uint32_t padding[3];
};
static_assert(sizeof(SlotData) == kSlotSize);

// What the runtime knows of a slot, in its own memory.
struct Slot {
  uint64_t return_address;  // behind the site's `syscall`
  uint64_t target;          // a label of the runtime
  uint32_t number;
  std::atomic<uint16_t> active;  // the site jumps here
  uint8_t size;                  // of the instruction before the `syscall`, which became a jump
  bool is_displaced;             // the slot begins with that instruction; `number` is not used
  uint64_t hole;                 // where a short jump goes first (call_site.h); 0: none
  uint8_t instruction[kLongestInstruction];

  uint64_t syscall_at() const { return return_address - 2; }
  uint64_t first_at() const { return syscall_at() - size; }
};

// What a slot is for.
struct Site {
  uint64_t syscall_at;
  std::span<const uint8_t> instruction;  // before the `syscall`
  bool is_displaced;
  uint32_t number;
  uint64_t target;
};

// Writes the code of all slots of a region whose data begins a page further on.
void write_code(uint8_t* page);

// A slot within reach of a jump near `site`, which has not been given away, or was given to the same site before. Null when there
// is no room near enough, no memory, or as many regions as there may be. On success the slot holds everything but `active` and
// `hole`. Processors have to be synchronised before one of another thread gets there (patcher.cc).
Slot* take(const Site& site);

// The address that the site jumps to.
uint64_t code_of(const Slot& slot);

// The slot that the instruction at `address` belongs to, or null.
Slot* slot_at(uint64_t address);
// The slot of the site whose rewritten instruction is at `first_at`, active or not; or null.
Slot* slot_of(uint64_t first_at);

// Makes every slot go to `target`. False when the host has no memory: some may go where they went.
bool retarget(uint64_t target);

// Calls visit(Slot&) for each slot that was given away.
template <typename Visit>
void for_each_slot(Visit visit);

// ---- What for_each_slot is made of. ----
struct Region {
  uint8_t* code;
  std::atomic<uint32_t> used;
  Slot slots[kSlotsPerRegion];
};
extern Region regions[kMostRegions];
extern std::atomic<uint32_t> region_count;

template <typename Visit>
void for_each_slot(Visit visit) {
  const uint32_t count = region_count.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t used = regions[i].used.load(std::memory_order_acquire);
    for (uint32_t j = 0; j < used; ++j) visit(regions[i].slots[j]);
  }
}

}  // namespace redoubt::shim::patch
