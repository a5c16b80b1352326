// SPDX-License-Identifier: Apache-2.0
//
// The proof: one walk over the function to find its instructions, one over its branches.
#include "shim/patch/call_site.h"

#include <algorithm>
#include <vector>

#include "shim/patch/instruction.h"

namespace redoubt::shim::patch {
namespace {

constexpr uint8_t kBreakpoint = 0xcc;

// Whether this instruction does nothing but load `number` into %rax, in one of the ways that slots do it for: mov $n, %eax,
// mov $n, %rax and xor %eax, %eax.
bool loads(std::span<const uint8_t> instruction, uint64_t number) {
  static constexpr uint8_t kMov[] = {0xb8}, kWideMov[] = {0x48, 0xc7, 0xc0}, kXor[] = {0x31, 0xc0};
  const auto begins_with = [&](std::span<const uint8_t> opcode, size_t size) {
    return instruction.size() == size && std::equal(opcode.begin(), opcode.end(), instruction.begin());
  };
  if (begins_with(kXor, 2)) return number == 0;
  if (!begins_with(kMov, 5) && !begins_with(kWideMov, 7)) return false;
  uint32_t immediate = 0;
  for (size_t i = 1; i <= 4; ++i) immediate = immediate << 8 | instruction[instruction.size() - i];
  // The 64-bit form extends the sign, the other does not.
  return immediate == number && immediate <= INT32_MAX;
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
  // Breakpoints at the end, behind what ends the flow, are padding.
  size_t padding = function.size();
  while (padding > 0 && function[padding - 1] == kBreakpoint) --padding;
  for (size_t at = 0; at < function.size();) {
    if (at == padding && flow_ended) {
      if (function.size() - padding >= kJumpSize) walk.holes.push_back({.begin = padding, .size = kJumpSize});
      break;
    }
    const auto instruction = decode(function.subspan(at));
    // Any other is a debugger's: it hides what is under it, and the debugger will put that back.
    if (!instruction || function[at] == kBreakpoint) return std::nullopt;
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

std::optional<CallSite> examine(std::span<const uint8_t> function, uint64_t address, size_t offset, uint64_t number) {
  if (offset > function.size() || function.size() - offset < kSyscallSize) return std::nullopt;
  if (function[offset] != 0x0f || function[offset + 1] != 0x05) return std::nullopt;
  const auto seen = walk(function);
  if (!seen) return std::nullopt;
  const auto after = std::lower_bound(seen->beginnings.begin(), seen->beginnings.end(), offset);
  if (after == seen->beginnings.begin() || after == seen->beginnings.end() || *after != offset) return std::nullopt;
  const size_t first = *std::prev(after);
  const auto instruction = function.subspan(first, offset - first);
  CallSite site{.size = instruction.size(), .is_displaced = !loads(instruction, number)};
  const auto is_target = [&](size_t begin, size_t end) {
    return std::any_of(seen->targets.begin(), seen->targets.end(),
                       [&](uint64_t target) { return target >= begin && target < end; });
  };
  if (is_target(first + 1, offset) || !in_one_page(address + first, address + offset)) return std::nullopt;
  const auto decoded = decode(instruction);
  if (site.is_displaced && (!decoded || !decoded->is_movable)) return std::nullopt;
  if (site.size >= kJumpSize) return site;
  if (site.size < kShortJumpSize) return std::nullopt;
  for (const Walk::Hole& hole : seen->holes) {
    const size_t hole_end = hole.begin + std::min(hole.size, kMostOfHole);
    if (reaches(first + kShortJumpSize, hole.begin) && !is_target(hole.begin, hole.begin + hole.size) &&
        in_one_page(address + std::min(first, hole.begin), address + std::max(offset, hole_end))) {
      site.hole = hole.begin;
      site.hole_size = hole.size;
      return site;
    }
  }
  return std::nullopt;
}

}  // namespace redoubt::shim::patch
