// SPDX-License-Identifier: Apache-2.0
//
// How long an x86-64 instruction is, and where it branches to: all that is needed to walk over code from an instruction
// that is known to begin one. Intel SDM volume 2, chapter 2 and appendix A. Pure.
//
// What the tables do not know is refused, and so is what processors disagree about: a wrong length would make the middle of
// an instruction look like the beginning of one. instruction_test.cc holds the lengths against objdump's, for all code of a C
// library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace redoubt::shim::patch {

struct Instruction {
  size_t length = 0;
  // Of a direct jump, call or loop: added to the address of the next instruction.
  std::optional<int64_t> branch;
  // Whether it does the same at any other address: a move, arithmetic or logic on registers, constants and memory that is not
  // found by %rip. Only what is known to be so: false says nothing.
  bool is_movable = false;
};

// The instruction that `code` begins with; nothing when it is unknown or `code` ends within it.
std::optional<Instruction> decode(std::span<const uint8_t> code);

}  // namespace redoubt::shim::patch
