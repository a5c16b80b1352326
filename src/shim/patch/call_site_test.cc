// SPDX-License-Identifier: Apache-2.0
//
// Golden cases of what may be rewritten and what must not be.
#include "shim/patch/call_site.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace redoubt::shim::patch {
namespace {

using Code = std::vector<uint8_t>;

// The offset of the only `syscall`.
size_t syscall_in(const Code& code) {
  for (size_t i = 0; i + 1 < code.size(); ++i) {
    if (code[i] == 0x0f && code[i + 1] == 0x05) return i;
  }
  ADD_FAILURE() << "no syscall";
  return 0;
}

bool rewritable(const Code& code, uint64_t number = 39) {
  return examine(code, 0, syscall_in(code), number).has_value();
}

TEST(CallSite, TheUsualSite) {
  EXPECT_TRUE(rewritable({0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3}));
  // endbr64; mov %rdi, %rsi; mov $39, %eax; syscall; cmp $-4095, %rax; jae back to the beginning
  EXPECT_TRUE(rewritable({0xf3, 0x0f, 0x1e, 0xfa, 0x48, 0x89, 0xfe, 0xb8, 39,   0,    0,   0,
                          0x0f, 0x05, 0x48, 0x3d, 0x01, 0xf0, 0xff, 0xff, 0x73, 0xea, 0xc3}));
}

TEST(CallSite, AnotherNumberThanTheOneThatTrapped) { EXPECT_FALSE(rewritable({0xb8, 39, 0, 0, 0, 0x0f, 0x05}, 40)); }

TEST(CallSite, NumberBeyond32Bits) {
  EXPECT_FALSE(rewritable({0xb8, 39, 0, 0, 0, 0x0f, 0x05}, (uint64_t{1} << 32) + 39));
}

TEST(CallSite, OtherWaysToLoadTheNumber) {
  EXPECT_FALSE(rewritable({0x31, 0xc0, 0x0f, 0x05}, 0));                             // xor %eax, %eax
  EXPECT_FALSE(rewritable({0x48, 0xc7, 0xc0, 39, 0, 0, 0, 0x0f, 0x05}));             // mov $39, %rax
  EXPECT_FALSE(rewritable({0x90, 0x90, 0x90, 0x90, 0x90, 0x89, 0xf8, 0x0f, 0x05}));  // mov %edi, %eax
  EXPECT_FALSE(rewritable({0xb8, 39, 0, 0, 0, 0x90, 0x0f, 0x05}));                   // not directly before
}

// The same seven bytes at the end of other instructions: B8 is a displacement, an operand, or the opcode behind a prefix.
TEST(CallSite, TheBytesInTheMiddleOfAnotherInstruction) {
  // movl $39, -0x48(%rbp)
  EXPECT_FALSE(rewritable({0xc7, 0x45, 0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3}));
  // mov $39, %r8d
  EXPECT_FALSE(rewritable({0x41, 0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3}));
  // cmpl $39, -0x48(%rax, %rax)
  EXPECT_FALSE(rewritable({0x81, 0x7c, 0x00, 0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3}));
  // sub $39, %eax with ModRM B8 ... as part of imul $39, 0x..(%rax), %edi: 69 /r
  EXPECT_FALSE(rewritable({0x69, 0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3, 0x90, 0x90}));
}

// The same bytes with one byte less before them are a site: it is the walk that tells.
TEST(CallSite, TheWalkStartsWhereTheFunctionDoes) {
  const Code code = {0x41, 0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3};
  EXPECT_TRUE(rewritable(Code(code.begin() + 1, code.end())));
}

TEST(CallSite, AJumpIntoTheMov) {
  for (int into = 0; into <= 6; ++into) {
    // mov; syscall; jmp to mov + into
    const auto displacement = static_cast<uint8_t>(into - 9);
    const Code code = {0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xeb, displacement};
    EXPECT_EQ(rewritable(code), into == 0 || into >= 5) << into;
  }
  // call, jcc with 32 bits, loop, from before the site
  EXPECT_FALSE(rewritable({0xe8, 2, 0, 0, 0, 0xb8, 39, 0, 0, 0, 0x0f, 0x05}));
  EXPECT_FALSE(rewritable({0x0f, 0x84, 4, 0, 0, 0, 0xb8, 39, 0, 0, 0, 0x0f, 0x05}));
  EXPECT_FALSE(rewritable({0xe2, 1, 0xb8, 39, 0, 0, 0, 0x0f, 0x05}));
}

// read(2) as a C library has it: the padding behind the `ret` takes the jump that the two bytes of the xor cannot hold.
const Code kRead = {0x31, 0xc0, 0x0f, 0x05, 0xc3, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, 0x48, 0x89, 0xf8, 0xc3};

TEST(CallSite, AShortSiteAndItsHole) {
  const auto site = examine(kRead, 0, 2, 0);
  ASSERT_TRUE(site.has_value());
  EXPECT_EQ(site->size, kXorSize);
  EXPECT_EQ(site->hole, 5U);
  EXPECT_EQ(site->hole_size, 10U);
  EXPECT_FALSE(examine(kRead, 0, 2, 1));
}

TEST(CallSite, AShortSiteWithoutAHole) {
  Code fallen_into = kRead;
  fallen_into[4] = 0x90;  // no return before the padding
  EXPECT_FALSE(examine(fallen_into, 0, 2, 0));
  Code conditional = kRead;
  conditional.insert(conditional.begin() + 4, {0x74, 0x01});  // je over the return, into the padding
  EXPECT_FALSE(examine(conditional, 0, 2, 0));
  Code short_padding = {0x31, 0xc0, 0x0f, 0x05, 0xc3, 0x0f, 0x1f, 0x40, 0x00, 0xc3};
  EXPECT_FALSE(examine(short_padding, 0, 2, 0));
  Code far = kRead;
  far.insert(far.begin() + 4, 140, 0x90);
  EXPECT_FALSE(examine(far, 0, 2, 0));
  Code taken = kRead;  // another site's jump, and short NOPs for what was left of the padding
  taken[5] = 0xe9;
  std::fill(taken.begin() + 10, taken.begin() + 15, 0x90);
  EXPECT_FALSE(examine(taken, 0, 2, 0));
}

// Pages go one by one: half a jump would be left.
TEST(CallSite, AllThatIsWrittenLiesInOnePage) {
  const Code mov = {0x90, 0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3};
  for (uint64_t begin = 0xff0; begin <= 0x1000; ++begin) {
    const bool straddles = begin + 1 < 0x1000 && begin + 6 > 0x1000;
    EXPECT_EQ(examine(mov, begin, 6, 39).has_value(), !straddles) << begin;
    const bool jump_or_hole_straddles = begin < 0x1000 && begin + 15 > 0x1000;
    EXPECT_EQ(examine(kRead, begin, 2, 0).has_value(), !jump_or_hole_straddles) << begin;
  }
}

TEST(CallSite, ADebuggersBreakpointInTheFunction) {
  EXPECT_TRUE(rewritable({0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0x90, 0xc3}));
  EXPECT_FALSE(rewritable({0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xcc, 0xc3}));
}

// Put back as 31 c0.
TEST(CallSite, TheOtherEncodingOfXor) {
  Code other = kRead;
  other[0] = 0x33;
  EXPECT_FALSE(examine(other, 0, 2, 0));
}

TEST(CallSite, CodeThatCannotBeRead) {
  EXPECT_FALSE(rewritable({0x06, 0xb8, 39, 0, 0, 0, 0x0f, 0x05}));  // no instruction before
  EXPECT_FALSE(rewritable({0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0x62}));  // nor behind
  EXPECT_FALSE(examine(Code{0xb8, 39, 0, 0, 0, 0x0f}, 0, 5, 39));   // ends within the syscall
  EXPECT_FALSE(examine(Code{39, 0, 0, 0, 0x0f, 0x05}, 0, 4, 39));   // begins within the mov
  EXPECT_FALSE(examine(Code{0xb8, 39, 0, 0, 0, 0x0f, 0x05}, 0, 99, 39));
}

}  // namespace
}  // namespace redoubt::shim::patch
