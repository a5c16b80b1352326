// SPDX-License-Identifier: Apache-2.0
//
// The code of slots, executed: a slot loads its number and return address and jumps to its target, changing nothing else.
#include "shim/patch/slots.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "shim/gate/fake/fake_gate.h"

namespace redoubt::shim::patch {
namespace {

extern "C" {
// What a slot jumps to in this test: back to the caller, with %rax and %rcx as the slot left them.
__asm__(".text\nslot_target: jmp *%rdx\n");
extern const char slot_target[];
}

struct Seen {
  uint64_t number;
  uint64_t return_address;
};

// A slot for a site of the first form.
Slot* take_fixed(uint64_t syscall_at, uint32_t number, uint64_t target) {
  static constexpr uint8_t kMov[5] = {0xb8};
  return take(
      {.syscall_at = syscall_at, .instruction = kMov, .is_displaced = false, .number = number, .target = target});
}

Seen enter(uint64_t code, uint64_t rax = 0) {
  Seen seen{.number = rax, .return_address = 0};
  asm volatile("leaq 1f(%%rip), %%rdx; jmp *%2; 1:" : "+a"(seen.number), "=c"(seen.return_address) : "D"(code) : "rdx");
  return seen;
}

TEST(Slots, LoadNumberAndReturnAddress) {
  const auto near = reinterpret_cast<uint64_t>(slot_target);
  for (uint32_t i = 0; i < 300; ++i) {  // more than two regions hold
    const uint64_t mov_at = near + 16 * uint64_t{i};
    Slot* slot = take_fixed(mov_at + 5, 100 + i, near);
    ASSERT_NE(slot, nullptr) << i;
    const Seen seen = enter(code_of(*slot));
    EXPECT_EQ(seen.number, 100 + i);
    EXPECT_EQ(seen.return_address, mov_at + 7);
    EXPECT_EQ(slot_at(code_of(*slot)), slot);
    EXPECT_EQ(slot_at(code_of(*slot) + 18), slot);
    EXPECT_EQ(slot_of(mov_at), slot);
    const auto distance = static_cast<int64_t>(code_of(*slot) - mov_at);
    EXPECT_EQ(distance, static_cast<int32_t>(distance));
  }
  EXPECT_EQ(region_count, 3U);
}

TEST(Slots, ASiteGetsItsSlotBackAndNobodyElsesSlot) {
  const auto near = reinterpret_cast<uint64_t>(slot_target);
  Slot* slot = take_fixed(near + 1, 7, near);
  ASSERT_NE(slot, nullptr);
  EXPECT_EQ(take_fixed(near + 1, 7, near), slot);
  EXPECT_NE(take_fixed(near + 1, 8, near), slot);
  EXPECT_NE(take_fixed(near + 2, 7, near), slot);
}

// The third form: the slot begins with the site's own instruction, and leaves the number as it is.
TEST(Slots, ExecuteTheDisplacedInstruction) {
  const auto near = reinterpret_cast<uint64_t>(slot_target);
  static constexpr uint8_t kAdd[] = {0x48, 0x83, 0xc0, 0x05};                    // add $5, %rax
  static constexpr uint8_t kLea[] = {0x48, 0x8d, 0x84, 0x00, 0x44, 0x33, 0, 0};  // lea 0x3344(%rax,%rax), %rax
  Slot* const before = take_fixed(near + 101, 70, near);
  Slot* const add =
      take({.syscall_at = near + 64, .instruction = kAdd, .is_displaced = true, .number = 0, .target = near});
  Slot* const lea =
      take({.syscall_at = near + 80, .instruction = kLea, .is_displaced = true, .number = 0, .target = near});
  Slot* const after = take_fixed(near + 121, 71, near);
  ASSERT_TRUE(before != nullptr && add != nullptr && lea != nullptr && after != nullptr);
  EXPECT_EQ(enter(code_of(*add), 37).number, 42U);
  EXPECT_EQ(enter(code_of(*add)).return_address, near + 66);
  EXPECT_EQ(enter(code_of(*lea), 0x1000).number, 0x5344U);
  EXPECT_EQ(enter(code_of(*lea)).return_address, near + 82);
  EXPECT_EQ(enter(code_of(*before)).number, 70U);
  EXPECT_EQ(enter(code_of(*after)).number, 71U);
  EXPECT_EQ(add->first_at(), near + 60);
  EXPECT_EQ(slot_of(near + 60), add);
  // The same bytes again: the same slot. Others at that place, as after another mapping: another one.
  EXPECT_EQ(take({.syscall_at = near + 64, .instruction = kAdd, .is_displaced = true, .number = 0, .target = near}),
            add);
  static constexpr uint8_t kOther[] = {0x48, 0x83, 0xc0, 0x06};
  EXPECT_NE(take({.syscall_at = near + 64, .instruction = kOther, .is_displaced = true, .number = 0, .target = near}),
            add);
  EXPECT_EQ(enter(code_of(*add), 37).number, 42U);
}

TEST(Slots, TheLongestInstructionHasRoom) {
  const auto near = reinterpret_cast<uint64_t>(slot_target);
  uint8_t longest[kLongestInstruction];
  std::fill(std::begin(longest), std::end(longest), 0x66);
  longest[kLongestInstruction - 1] = 0x90;
  Slot* slot =
      take({.syscall_at = near + 200, .instruction = longest, .is_displaced = true, .number = 0, .target = near});
  ASSERT_NE(slot, nullptr);
  EXPECT_EQ(enter(code_of(*slot), 12).number, 12U);
  EXPECT_EQ(enter(code_of(*slot)).return_address, near + 202);
}

TEST(Slots, NoneForAnInstructionThatTheHostDoesNotLetUsWrite) {
  const auto near = reinterpret_cast<uint64_t>(slot_target);
  ASSERT_NE(take_fixed(near + 301, 7, near), nullptr);
  static constexpr uint8_t kNop[] = {0x66, 0x90};
  const Site site = {.syscall_at = near + 310, .instruction = kNop, .is_displaced = true, .number = 0, .target = near};
  {
    const gate::FakeGate host([](const gate::HostCall& call) -> int64_t {
      return call.number == SYS_mprotect && (call.args[2] & PROT_EXEC) != 0 ? -EACCES : gate::real_host(call);
    });
    EXPECT_EQ(take(site), nullptr);
  }
  EXPECT_EQ(slot_of(near + 308), nullptr);
  ASSERT_NE(take(site), nullptr);
}

TEST(Slots, AreNotWritable) {
  const auto near = reinterpret_cast<uint64_t>(slot_target);
  Slot* slot = take_fixed(near + 21, 7, near);
  ASSERT_NE(slot, nullptr);
  uint64_t word = 0;
  for (const uint64_t page : {code_of(*slot), code_of(*slot) + kPage}) {
    const iovec own{&word, sizeof(word)};
    const iovec remote{reinterpret_cast<void*>(page), sizeof(word)};
    EXPECT_EQ(process_vm_readv(getpid(), &own, 1, &remote, 1, 0), static_cast<ssize_t>(sizeof(word)));
    EXPECT_EQ(process_vm_writev(getpid(), &own, 1, &remote, 1, 0), -1);
  }
}

TEST(Slots, GoElsewhereWhenTold) {
  const auto near = reinterpret_cast<uint64_t>(slot_target);
  Slot* slot = take_fixed(near + 33, 7, 0);
  ASSERT_NE(slot, nullptr);
  EXPECT_TRUE(retarget(near));
  EXPECT_EQ(enter(code_of(*slot)).number, 7U);
}

TEST(Slots, NoneOutOfReach) {
  // Every address that a jump at 4 GiB could reach is refused by this host.
  const gate::FakeGate host(
      [](const gate::HostCall& call) -> int64_t { return call.number == SYS_mmap ? -EEXIST : gate::real_host(call); });
  EXPECT_EQ(take_fixed(uint64_t{1} << 32, 7, 0), nullptr);
}

TEST(Slots, KnowNothingOfOtherAddresses) {
  EXPECT_EQ(slot_at(reinterpret_cast<uint64_t>(slot_target)), nullptr);
  EXPECT_EQ(slot_of(1), nullptr);
}

}  // namespace
}  // namespace redoubt::shim::patch
