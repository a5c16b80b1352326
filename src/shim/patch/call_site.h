// SPDX-License-Identifier: Apache-2.0
//
// Which call sites may be rewritten, and into what. The instruction before the `syscall` becomes a jump, the `syscall` stays:
// whoever jumps to it, stands on it, or returns behind it notices nothing.
//
//   b8 nr nr nr nr    mov $nr, %eax        becomes   e9 rel32   jmp to the site's slot
//   0f 05             syscall
//
//   31 c0             xor %eax, %eax       becomes   eb rel8    jmp to a hole, in which there is a jmp to the site's slot
//   0f 05             syscall
//
// A hole is five bytes of padding nearby: NOPs behind an unconditional jump or return. The second form is how read(2), whose
// number is 0, is called.
//
// What has to be proved is that the first byte begins an instruction, that nothing jumps behind it, and that nothing jumps to
// the hole. All follow from walking over the function's instructions from its beginning. A function is what an entry of the
// unwind table covers (unwind_table.h). Pure.
//
// All that is written for a site lies within one page: pages go one by one (madvise, a file that is truncated), and half a
// jump, or a jump to a hole that is not there, would be something else.
//
// The flags behind a site of the second form are not those of the xor. No compiler relies on them, for whom an asm statement
// changes the flags.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace redoubt::shim::patch {

inline constexpr size_t kMovSize = 5;
inline constexpr size_t kXorSize = 2;
inline constexpr size_t kJumpSize = 5;
inline constexpr size_t kSyscallSize = 2;
// How much of a hole is written: the jump, and short NOPs over what is left of the long one.
inline constexpr size_t kMostOfHole = 16;

struct CallSite {
  size_t size;      // kMovSize or kXorSize
  size_t hole = 0;  // its offset in the function, for kXorSize
  size_t hole_size =
      0;  // of the NOP that is the hole: what the jump leaves of it must not look like other instructions
};

// Whether the bytes before the `syscall` at `offset` are those of a site, wherever instructions begin. A cheap first look.
bool is_site(std::span<const uint8_t> code, size_t offset, uint64_t number);

// The `syscall` at `offset` of `function`, if it can be rewritten, given that it was reached with `number` in %rax. `function`
// starts with an instruction and holds nothing but instructions; it lies at `address`.
std::optional<CallSite> examine(std::span<const uint8_t> function, uint64_t address, size_t offset, uint64_t number);

}  // namespace redoubt::shim::patch
