// SPDX-License-Identifier: Apache-2.0
//
// The code of slots, executed: a slot loads its number and return address and jumps to its target, changing nothing else.
#include "shim/patch/slots.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

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

Seen enter(uint64_t code) {
  Seen seen{};
  asm volatile("leaq 1f(%%rip), %%rdx; jmp *%2; 1:" : "=a"(seen.number), "=c"(seen.return_address) : "D"(code) : "rdx");
  return seen;
}

TEST(Slots, LoadNumberAndReturnAddress) {
  const auto near = reinterpret_cast<uint64_t>(slot_target);
  for (uint32_t i = 0; i < 300; ++i) {  // more than two regions hold
    const uint64_t mov_at = near + 16 * uint64_t{i};
    Slot* slot = take(mov_at + 5, 5, 100 + i, near);
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
  Slot* slot = take(near + 1, 5, 7, near);
  ASSERT_NE(slot, nullptr);
  EXPECT_EQ(take(near + 1, 5, 7, near), slot);
  EXPECT_NE(take(near + 1, 5, 8, near), slot);
  EXPECT_NE(take(near + 2, 5, 7, near), slot);
}

TEST(Slots, AreNotWritable) {
  const auto near = reinterpret_cast<uint64_t>(slot_target);
  Slot* slot = take(near + 21, 5, 7, near);
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
  Slot* slot = take(near + 33, 5, 7, 0);
  ASSERT_NE(slot, nullptr);
  EXPECT_TRUE(retarget(near));
  EXPECT_EQ(enter(code_of(*slot)).number, 7U);
}

TEST(Slots, NoneOutOfReach) {
  // Every address that a jump at 4 GiB could reach is refused by this host.
  const gate::FakeGate host(
      [](const gate::HostCall& call) -> int64_t { return call.number == SYS_mmap ? -EEXIST : gate::real_host(call); });
  EXPECT_EQ(take(uint64_t{1} << 32, 5, 7, 0), nullptr);
}

TEST(Slots, KnowNothingOfOtherAddresses) {
  EXPECT_EQ(slot_at(reinterpret_cast<uint64_t>(slot_target)), nullptr);
  EXPECT_EQ(slot_of(1), nullptr);
}

}  // namespace
}  // namespace redoubt::shim::patch
