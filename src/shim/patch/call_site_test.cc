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

// Whether it is a site of the first form.
bool rewritable(const Code& code, uint64_t number = 39) {
  const auto site = examine(code, 0, syscall_in(code), number);
  return site && !site->is_displaced && site->hole_size == 0;
}

// Whether it is one of the third, and needs no hole.
bool displaceable(const Code& code) {
  const auto site = examine(code, 0, syscall_in(code), 39);
  return site && site->is_displaced && site->hole_size == 0;
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
  EXPECT_FALSE(rewritable({0x90, 0x90, 0x90, 0x90, 0x90, 0x89, 0xf8, 0x0f, 0x05}));  // mov %edi, %eax
  EXPECT_FALSE(rewritable({0xb8, 39, 0, 0, 0, 0x90, 0x0f, 0x05}));                   // not directly before
}

// mov $39, %rax, as Go's assembler has it. The constant is extended by its sign.
TEST(CallSite, TheWideMov) {
  const Code code = {0x48, 0xc7, 0xc0, 39, 0, 0, 0, 0x0f, 0x05};
  EXPECT_TRUE(rewritable(code));
  EXPECT_EQ(examine(code, 0, 7, 39)->size, 7U);
  EXPECT_FALSE(rewritable({0x48, 0xc7, 0xc0, 39, 0, 0, 0x80, 0x0f, 0x05}, 0x80000027));
  EXPECT_FALSE(rewritable({0x49, 0xc7, 0xc0, 39, 0, 0, 0, 0x0f, 0x05}));  // mov $39, %r8
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
  EXPECT_EQ(site->size, 2U);
  EXPECT_FALSE(site->is_displaced);
  EXPECT_EQ(site->hole, 5U);
  EXPECT_EQ(site->hole_size, 10U);
  EXPECT_EQ(site->jump_size(), kShortJumpSize);
  EXPECT_TRUE(examine(kRead, 0, 2, 1)->is_displaced);  // reached by a jump to the `syscall`
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

// syscall(3) of glibc.
const Code kSyscall = {0x48, 0x89, 0xf8, 0x48, 0x89, 0xf7, 0x48, 0x89, 0xd6, 0x48, 0x89, 0xca, 0x4d, 0x89,
                       0xc2, 0x4d, 0x89, 0xc8, 0x4c, 0x8b, 0x4c, 0x24, 0x08, 0x0f, 0x05, 0x48, 0x3d, 0x01,
                       0xf0, 0xff, 0xff, 0x73, 0x01, 0xc3, 0xf7, 0xd8, 0x48, 0x83, 0xc8, 0xff, 0xc3};

TEST(CallSite, AnInstructionThatSaysNothingOfTheNumber) {
  for (const uint64_t number : {uint64_t{0}, uint64_t{39}, uint64_t{0x24084c8b}, UINT64_MAX}) {
    const auto site = examine(kSyscall, 0, 23, number);
    ASSERT_TRUE(site.has_value());
    EXPECT_TRUE(site->is_displaced);
    EXPECT_EQ(site->size, 5U);
    EXPECT_EQ(site->hole_size, 0U);
  }
  // The number of another call was in %rax before: mov $39, %eax; mov $1, %edi
  EXPECT_TRUE(displaceable({0xb8, 39, 0, 0, 0, 0xbf, 1, 0, 0, 0, 0x0f, 0x05}));
  // mov 8(%rsp), %rax; lea 0x1234(%rbx), %rsi; movzwl 4(%rax,%rbx), %edi; cmovne 8(%rsp), %rdi; and $0x80, %esi
  EXPECT_TRUE(displaceable({0x48, 0x8b, 0x44, 0x24, 0x08, 0x0f, 0x05}));
  EXPECT_TRUE(displaceable({0x48, 0x8d, 0xb3, 0x34, 0x12, 0, 0, 0x0f, 0x05}));
  EXPECT_TRUE(displaceable({0x0f, 0xb7, 0x7c, 0x18, 0x04, 0x0f, 0x05}));
  EXPECT_TRUE(displaceable({0x48, 0x0f, 0x45, 0x7c, 0x24, 0x08, 0x0f, 0x05}));
  EXPECT_TRUE(displaceable({0x81, 0xe6, 0x80, 0, 0, 0, 0x0f, 0x05}));
}

TEST(CallSite, InstructionsThatStayWhereTheyAre) {
  EXPECT_FALSE(displaceable({0x8b, 0x3d, 0, 0, 0, 0, 0x0f, 0x05}));                    // mov 0(%rip), %edi
  EXPECT_FALSE(displaceable({0x48, 0x8d, 0x3d, 0, 0, 0, 0, 0x0f, 0x05}));              // lea 0(%rip), %rdi
  EXPECT_FALSE(displaceable({0x4c, 0x8d, 0x2d, 0, 0, 0, 0, 0x0f, 0x05}));              // lea 0(%rip), %r13
  EXPECT_FALSE(displaceable({0xe8, 0, 0, 0, 0, 0x0f, 0x05}));                          // call
  EXPECT_FALSE(displaceable({0xff, 0x54, 0x24, 0x10, 0x90, 0x0f, 0x05}));              // call *16(%rsp); nop
  EXPECT_FALSE(displaceable({0xff, 0x94, 0x24, 0, 0, 0, 0, 0x0f, 0x05}));              // call *0(%rsp)
  EXPECT_FALSE(displaceable({0x8f, 0x84, 0x24, 0, 0, 0, 0, 0x0f, 0x05}));              // pop 0(%rsp)
  EXPECT_FALSE(displaceable({0x68, 1, 0, 0, 0, 0x0f, 0x05}));                          // push $1
  EXPECT_FALSE(displaceable({0xf0, 0x01, 0x44, 0x24, 0x08, 0x0f, 0x05}));              // lock add
  EXPECT_FALSE(displaceable({0x64, 0x41, 0x8b, 0x2a, 0x66, 0x90, 0x0f, 0x05}));        // another before
  EXPECT_FALSE(displaceable({0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0, 0x0f, 0x05}));  // mov %fs:0, %rax
  EXPECT_FALSE(displaceable({0x48, 0x87, 0x44, 0x24, 0x08, 0x0f, 0x05}));              // xchg
  EXPECT_FALSE(displaceable({0xf7, 0x74, 0x24, 0x08, 0x90, 0x0f, 0x05}));              // div; nop
  EXPECT_FALSE(displaceable({0xf7, 0xb4, 0x24, 8, 0, 0, 0, 0x0f, 0x05}));              // div
  EXPECT_FALSE(displaceable({0x0f, 0x11, 0x44, 0x24, 0x10, 0x0f, 0x05}));              // movups
}

TEST(CallSite, AJumpIntoADisplacedInstruction) {
  for (uint8_t into = 0; into < 7; ++into) {
    // mov 8(%rsp), %r9; syscall; jmp to mov + into
    const Code code = {0x4c, 0x8b, 0x4c, 0x24, 0x08, 0x0f, 0x05, 0xeb, static_cast<uint8_t>(into - 9)};
    EXPECT_EQ(displaceable(code), into == 0 || into >= 5) << int{into};
  }
}

// Go: padding of breakpoints belongs to the function. Syscall6 as of Go 1.19.
const Code kSyscall6 = {0x49, 0x89, 0xf2, 0x48, 0x89, 0xfa, 0x48, 0x89, 0xce, 0x48, 0x89, 0xdf, 0x0f, 0x05,
                        0x48, 0x89, 0xd3, 0xc3, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc};

TEST(CallSite, AHoleOfBreakpoints) {
  const auto site = examine(kSyscall6, 0, 12, 1);
  ASSERT_TRUE(site.has_value());
  EXPECT_TRUE(site->is_displaced);
  EXPECT_EQ(site->size, 3U);
  EXPECT_EQ(site->hole, 18U);
  EXPECT_EQ(site->hole_size, kJumpSize);  // the rest stays
  EXPECT_EQ(site->jump_size(), kShortJumpSize);

  Code taken = kSyscall6;  // by the jump of another site: the rest is a hole too
  taken[18] = 0xe9;
  std::fill(taken.begin() + 19, taken.begin() + 23, 0x11);
  EXPECT_EQ(examine(taken, 0, 12, 1)->hole, 23U);

  Code short_padding = kSyscall6;
  short_padding.resize(short_padding.size() - 6);
  EXPECT_FALSE(examine(short_padding, 0, 12, 1));
  Code fallen_into = kSyscall6;  // a breakpoint of a debugger hides the `ret`
  fallen_into[17] = 0xcc;
  EXPECT_FALSE(examine(fallen_into, 0, 12, 1));
  Code jumped_to = kSyscall6;
  jumped_to.insert(jumped_to.begin() + 14, {0x74, 0x05});  // je behind the first of them
  EXPECT_FALSE(examine(jumped_to, 0, 12, 1));
}

TEST(CallSite, PaddingOfBreakpointsBehindAUsualSite) {
  EXPECT_TRUE(rewritable({0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3, 0xcc}));
  EXPECT_TRUE(rewritable({0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xfe, 0xcc, 0xcc}));
  EXPECT_FALSE(rewritable({0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xcc, 0xcc}));
  EXPECT_FALSE(rewritable({0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3, 0xcc, 0x90, 0xcc}));
}

// The slot of a site of the second form puts 0 into %rax; another xor is executed as it is.
TEST(CallSite, TheOtherEncodingOfXor) {
  Code other = kRead;
  other[0] = 0x33;
  EXPECT_TRUE(examine(other, 0, 2, 0)->is_displaced);
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
