// SPDX-License-Identifier: Apache-2.0
//
// Which call sites may be rewritten, and into what. The instruction before the `syscall` becomes a jump, the `syscall` stays:
// whoever jumps to it, stands on it, or returns behind it notices nothing.
//
//   b8 nr nr nr nr    mov $nr, %eax        becomes   e9 rel32   jmp to the site's slot, which loads the number
//   0f 05             syscall
//
//   31 c0             xor %eax, %eax       becomes   eb rel8    jmp to a hole, in which there is a jmp to the site's slot
//   0f 05             syscall
//
//   4c 8b 4c 24 08    mov 8(%rsp), %r9     becomes   e9 rel32   jmp to the site's slot, which begins with the same instruction
//   0f 05             syscall
//
// A hole is five bytes of padding nearby: NOPs behind an unconditional jump or return, or the breakpoints (0xcc) that a function
// of Go ends with. An instruction of less than five bytes needs one. The second form is how read(2), whose number is 0, is
// called. The third is for any other instruction that does the same at another address (Instruction::is_movable): then it is
// not the site that says which call is made, as in syscall(3) and in Go's Syscall6.
//
// What has to be proved is that the first byte begins an instruction, that nothing jumps behind it, and that nothing jumps to
// the hole. All follow from walking over the function's instructions from its beginning. A function is what an entry of the
// unwind table covers (unwind_table.h), or one of Go's function table (go_table.h). Pure.
//
// It is always one instruction: a thread may stand between two for as long as it likes.
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

inline constexpr size_t kJumpSize = 5;
inline constexpr size_t kShortJumpSize = 2;
inline constexpr size_t kSyscallSize = 2;
// How much of a hole is written: the jump, and short NOPs over what is left of the long one.
inline constexpr size_t kMostOfHole = 16;

struct CallSite {
  size_t size;                // of the instruction before the `syscall`
  bool is_displaced = false;  // the third form: the slot executes that instruction, the number may be any
  size_t hole = 0;            // its offset in the function
  // Of what is written there, 0 without a hole. The jump may leave a part of a long NOP: that must not look like other
  // instructions.
  size_t hole_size = 0;

  size_t jump_size() const { return hole_size == 0 ? kJumpSize : kShortJumpSize; }
};

// The `syscall` at `offset` of `function`, if it can be rewritten, given that it was reached with `number` in %rax. `function`
// starts with an instruction and holds nothing but instructions, and breakpoints at its end; it lies at `address`.
std::optional<CallSite> examine(std::span<const uint8_t> function, uint64_t address, size_t offset, uint64_t number);

}  // namespace redoubt::shim::patch
