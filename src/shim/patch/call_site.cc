// SPDX-License-Identifier: Apache-2.0
//
// The proof: one walk over the function to find its instructions, one over its branches.
#include "shim/patch/call_site.h"

#include <algorithm>
#include <vector>

#include "shim/patch/instruction.h"

namespace redoubt::shim::patch {
namespace {

// The size of the instruction that loads the number, by its bytes alone; 0 when they are not a site's.
size_t size_by_bytes(std::span<const uint8_t> function, size_t offset, uint64_t number) {
  if (offset > function.size() || function.size() - offset < kSyscallSize) return 0;
  const uint8_t* at = &function[offset];
  if (at[0] != 0x0f || at[1] != 0x05) return 0;
  if (offset >= kMovSize && at[-5] == 0xb8) {
    uint32_t immediate = 0;
    for (int i = 1; i <= 4; ++i) immediate = immediate << 8 | at[-i];
    if (immediate == number) return kMovSize;
  }
  const bool is_xor = offset >= kXorSize && at[-2] == 0x31 && at[-1] == 0xc0;
  return is_xor && number == 0 ? kXorSize : 0;
}

// What never executes when nothing jumps to it: 90, 66 90 and 0F 1F /0 with any prefixes.
bool is_nop(std::span<const uint8_t> instruction) {
  size_t at = 0;
  while (at + 1 < instruction.size() && (instruction[at] == 0x66 || instruction[at] == 0x2e)) ++at;
  if (instruction[at] == 0x90) return true;
  return at + 1 < instruction.size() && instruction[at] == 0x0f && instruction[at + 1] == 0x1f;
}

// RET, and direct JMP: what follows is not reached from there.
bool ends_flow(std::span<const uint8_t> instruction) {
  return instruction[0] == 0xc3 || instruction[0] == 0xe9 || instruction[0] == 0xeb;
}

struct Walk {
  std::vector<size_t> beginnings;
  std::vector<uint64_t> targets;  // of branches, as offsets; wrapped when they lie before the function
  struct Hole {
    size_t begin, size;
  };
  std::vector<Hole> holes;
};

std::optional<Walk> walk(std::span<const uint8_t> function) {
  Walk walk;
  bool flow_ended = false;
  for (size_t at = 0; at < function.size();) {
    const auto instruction = decode(function.subspan(at));
    // A breakpoint is a debugger's: it hides what is under it, and the debugger will put that back.
    if (!instruction || function[at] == 0xcc) return std::nullopt;
    const auto bytes = function.subspan(at, instruction->length);
    walk.beginnings.push_back(at);
    const size_t next = at + instruction->length;
    if (instruction->branch) walk.targets.push_back(next + static_cast<uint64_t>(*instruction->branch));
    if (flow_ended && is_nop(bytes) && instruction->length >= kJumpSize) {
      walk.holes.push_back({.begin = at, .size = instruction->length});
    }
    flow_ended = ends_flow(bytes);
    at = next;
  }
  return walk;
}

bool reaches(size_t from, size_t to) {
  const auto distance = static_cast<int64_t>(to) - static_cast<int64_t>(from);
  return distance >= INT8_MIN && distance <= INT8_MAX;
}

// Whether the bytes between two addresses lie within one page. `begin` is the lower one.
bool in_one_page(uint64_t begin, uint64_t end) {
  constexpr unsigned kPageBits = 12;
  return begin >> kPageBits == (end - 1) >> kPageBits;
}

}  // namespace

bool is_site(std::span<const uint8_t> code, size_t offset, uint64_t number) {
  return size_by_bytes(code, offset, number) != 0;
}

std::optional<CallSite> examine(std::span<const uint8_t> function, uint64_t address, size_t offset, uint64_t number) {
  const size_t size = size_by_bytes(function, offset, number);
  if (size == 0 || !in_one_page(address + offset - size, address + offset)) return std::nullopt;
  const auto seen = walk(function);
  if (!seen) return std::nullopt;
  const auto is_target = [&](size_t begin, size_t end) {
    return std::any_of(seen->targets.begin(), seen->targets.end(),
                       [&](uint64_t target) { return target >= begin && target < end; });
  };
  const size_t first = offset - size;
  if (!std::binary_search(seen->beginnings.begin(), seen->beginnings.end(), first) || is_target(first + 1, offset)) {
    return std::nullopt;
  }
  if (size == kMovSize) return CallSite{.size = size};
  for (const Walk::Hole& hole : seen->holes) {
    const size_t hole_end = hole.begin + std::min(hole.size, kMostOfHole);
    if (reaches(offset, hole.begin) && !is_target(hole.begin, hole.begin + hole.size) &&
        in_one_page(address + std::min(first, hole.begin), address + std::max(offset, hole_end))) {
      return CallSite{.size = size, .hole = hole.begin, .hole_size = hole.size};
    }
  }
  return std::nullopt;
}

}  // namespace redoubt::shim::patch
