// SPDX-License-Identifier: Apache-2.0
//
// Regions of slots, and finding room for them.
#include "shim/patch/slots.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>

#include "base/result.h"
#include "shim/gate/gate.h"

namespace redoubt::shim::patch {

// Zeros of the file: a constructor would write 64 pages at every start.
constinit Region regions[kMostRegions] = {};
constinit std::atomic<uint32_t> region_count = 0;

namespace {

// A jump reaches 2 GiB less its own length; the margin covers the region itself.
constexpr int64_t kReach = (int64_t{1} << 31) - (int64_t{1} << 20);
constexpr uint64_t kStep = uint64_t{1} << 20;
constexpr uint64_t kNearStep = uint64_t{64} << 10;
constexpr uint64_t kTableSpan = uint64_t{2} << 20;  // what one page of the page table maps
constexpr uint64_t kLowest = uint64_t{1} << 16;     // vm.mmap_min_addr as distributions have it

bool reaches(uint64_t from, uint64_t to) {
  const auto distance = static_cast<int64_t>(to - from);
  return distance < kReach && distance > -kReach;
}

void put(uint8_t*& at, std::initializer_list<uint8_t> opcode, size_t field_offset, const uint8_t* data) {
  for (const uint8_t byte : opcode) *at++ = byte;
  const auto displacement = static_cast<uint32_t>(data + field_offset - (at + 4));
  std::memcpy(at, &displacement, sizeof(displacement));
  at += sizeof(displacement);
}

int64_t map_at(uint64_t address) {
  return gate::call(SYS_mmap, address, 2 * kPage, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, static_cast<uint64_t>(-1), 0);
}

// Below the code first: what lies above a program is where its break grows. Best under the same page of the page table, since fork
// copies that one anyway.
int64_t map_near(uint64_t address) {
  const uint64_t start = address & ~(kPage - 1);
  const uint64_t table = std::max(address & ~(kTableSpan - 1), kLowest);
  for (uint64_t at = address & ~(kNearStep - 1); at > table; at -= kNearStep) {
    const int64_t raw = map_at(at - kNearStep);
    if (!is_error(raw) || raw != -EEXIST) return raw;
  }
  for (uint64_t distance = kStep; distance < static_cast<uint64_t>(kReach) && distance + kLowest <= start;
       distance += kStep) {
    const int64_t raw = map_at(start - distance);
    if (!is_error(raw) || raw != -EEXIST) return raw;
  }
  // A program at a low address. From the far end, for the same reason.
  for (uint64_t distance = static_cast<uint64_t>(kReach) - kStep; distance >= kStep; distance -= kStep) {
    const int64_t raw = map_at(start + distance);
    if (!is_error(raw) || raw != -EEXIST) return raw;
  }
  return -ENOMEM;
}

SlotData* data_of(uint8_t* code) { return reinterpret_cast<SlotData*>(code + kPage); }

int64_t protect_code(uint8_t* code, uint64_t protection) {
  return gate::call(SYS_mprotect, gate::address_of(code), kPage, protection);
}

int64_t protect_data(uint8_t* code, uint64_t protection) {
  return gate::call(SYS_mprotect, gate::address_of(code) + kPage, kPage, protection);
}

Region* add_region(uint64_t near) {
  const uint32_t index = region_count.load(std::memory_order_relaxed);
  if (index == kMostRegions) return nullptr;
  const int64_t raw = map_near(near);
  if (is_error(raw)) return nullptr;
  const auto address = static_cast<uint64_t>(raw);
  auto* code = reinterpret_cast<uint8_t*>(address);
  write_code(code);
  if (!reaches(near, address) || is_error(protect_code(code, PROT_READ | PROT_EXEC))) {
    gate::call(SYS_munmap, address, 2 * kPage);
    return nullptr;
  }
  if (is_error(protect_data(code, PROT_READ))) {
    gate::call(SYS_munmap, address, 2 * kPage);
    return nullptr;
  }
  regions[index].code = code;
  region_count.store(index + 1, std::memory_order_release);
  return &regions[index];
}

// The rest of a slot, behind what makes %rax the number.
void write_rest(uint8_t* at, const uint8_t* end, const uint8_t* data) {
  put(at, {0x48, 0x8b, 0x0d}, offsetof(SlotData, return_address), data);
  put(at, {0xff, 0x25}, offsetof(SlotData, target), data);
  while (at < end) *at++ = 0xcc;
}

// Threads may be in other slots of the page: it stays executable.
bool write_displaced(uint8_t* page, size_t index, std::span<const uint8_t> instruction) {
  if (is_error(protect_code(page, PROT_READ | PROT_WRITE | PROT_EXEC))) return false;
  uint8_t* const at = page + index * kSlotSize;
  std::copy(instruction.begin(), instruction.end(), at);
  write_rest(at + instruction.size(), at + kSlotSize, page + kPage + index * kSlotSize);
  (void)protect_code(page, PROT_READ | PROT_EXEC);
  return true;
}

bool is_for(const Slot& slot, const Site& site) {
  return slot.syscall_at() == site.syscall_at && slot.number == site.number && slot.target == site.target &&
         slot.is_displaced == site.is_displaced &&
         std::equal(site.instruction.begin(), site.instruction.end(), slot.instruction, slot.instruction + slot.size);
}

}  // namespace

void write_code(uint8_t* page) {
  for (size_t i = 0; i < kSlotsPerRegion; ++i) {
    uint8_t* at = page + i * kSlotSize;
    const uint8_t* data = page + kPage + i * kSlotSize;
    uint8_t* const end = at + kSlotSize;
    put(at, {0x8b, 0x05}, offsetof(SlotData, number), data);
    write_rest(at, end, data);
  }
}

uint64_t code_of(const Slot& slot) {
  const auto region = (reinterpret_cast<uint64_t>(&slot) - reinterpret_cast<uint64_t>(regions)) / sizeof(Region);
  const auto index = static_cast<uint64_t>(&slot - regions[region].slots);
  return gate::address_of(regions[region].code) + index * kSlotSize;
}

Slot* slot_at(uint64_t address) {
  const uint32_t count = region_count.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t offset = address - reinterpret_cast<uint64_t>(regions[i].code);
    if (offset < kPage) return &regions[i].slots[offset / kSlotSize];
  }
  return nullptr;
}

Slot* slot_of(uint64_t first_at) {
  Slot* found = nullptr;
  for_each_slot([&](Slot& slot) {
    if (slot.first_at() == first_at && (found == nullptr || found->active == 0)) found = &slot;
  });
  return found;
}

Slot* take(const Site& site) {
  static_assert(kLongestInstruction + 7 + 6 <= kSlotSize);
  if (site.instruction.size() > kLongestInstruction) return nullptr;
  Slot* same = nullptr;
  for_each_slot([&](Slot& slot) {
    if (is_for(slot, site)) same = &slot;
  });
  if (same != nullptr) return same;
  Region* room = nullptr;
  for (uint32_t i = 0; i < region_count && room == nullptr; ++i) {
    if (regions[i].used < kSlotsPerRegion && reaches(site.syscall_at, reinterpret_cast<uint64_t>(regions[i].code))) {
      room = &regions[i];
    }
  }
  if (room == nullptr) room = add_region(site.syscall_at);
  if (room == nullptr) return nullptr;
  const uint32_t index = room->used.load(std::memory_order_relaxed);
  if (is_error(protect_data(room->code, PROT_READ | PROT_WRITE))) return nullptr;
  if (site.is_displaced && !write_displaced(room->code, index, site.instruction)) {
    (void)protect_data(room->code, PROT_READ);
    return nullptr;
  }
  const uint64_t return_address = site.syscall_at + 2;
  data_of(room->code)[index] = {
      .return_address = return_address, .target = site.target, .number = site.number, .padding = {}};
  (void)protect_data(room->code, PROT_READ);  // a host without memory for that leaves it writable
  Slot& slot = room->slots[index];
  slot.return_address = return_address;
  slot.size = static_cast<uint8_t>(site.instruction.size());
  slot.is_displaced = site.is_displaced;
  slot.target = site.target;
  slot.number = site.number;
  std::copy(site.instruction.begin(), site.instruction.end(), slot.instruction);
  room->used.store(index + 1, std::memory_order_release);
  return &slot;
}

bool retarget(uint64_t target) {
  for (uint32_t i = 0; i < region_count; ++i) {
    Region& region = regions[i];
    if (is_error(protect_data(region.code, PROT_READ | PROT_WRITE))) return false;
    for (uint32_t j = 0; j < region.used; ++j) {
      region.slots[j].target = target;
      reinterpret_cast<volatile SlotData*>(data_of(region.code))[j].target = target;
    }
    (void)protect_data(region.code, PROT_READ);
  }
  return true;
}

}  // namespace redoubt::shim::patch
