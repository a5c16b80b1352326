// SPDX-License-Identifier: Apache-2.0
//
// The tables of this program itself, which the compiler and linker made.
#include "shim/patch/unwind_table.h"

#include <gtest/gtest.h>
#include <link.h>

#include <cstring>

extern "C" {
// Two functions whose borders are known, one of which has no unwind entry.
__asm__(
    ".text\n.globl covered_function, covered_function_end, uncovered_function\n"
    ".type covered_function, @function\ncovered_function:\n.cfi_startproc\n mov $39, %eax\n syscall\n "
    "ret\n.cfi_endproc\n"
    "covered_function_end:\n"
    "uncovered_function:\n mov $39, %eax\n syscall\n ret\n");
extern const char covered_function[], covered_function_end[], uncovered_function[];
extern const char __ehdr_start[];
}

namespace redoubt::shim::patch {
namespace {

bool read_own(void* to, uint64_t address, size_t size) {
  std::memcpy(to, reinterpret_cast<const void*>(address), size);
  return true;
}
uint64_t address_of(const char* label) { return reinterpret_cast<uint64_t>(label); }

TEST(UnwindTable, FindsTheFunctionAroundAnAddress) {
  for (uint64_t offset = 0; offset < 8; ++offset) {
    const auto function = find_function(read_own, address_of(__ehdr_start), address_of(covered_function) + offset);
    ASSERT_TRUE(function.has_value()) << offset;
    EXPECT_EQ(function->begin, address_of(covered_function));
    EXPECT_EQ(function->end, address_of(covered_function_end));
  }
}

TEST(UnwindTable, KnowsNothingOfWhatNoEntryCovers) {
  EXPECT_FALSE(find_function(read_own, address_of(__ehdr_start), address_of(uncovered_function)));
}

TEST(UnwindTable, KnowsNothingOfOtherImages) {
  EXPECT_FALSE(find_function(read_own, address_of(__ehdr_start), reinterpret_cast<uint64_t>(&std::memcpy)));
  EXPECT_FALSE(find_function(read_own, address_of(covered_function), address_of(covered_function)));
}

// Whatever cannot be read, wherever the reading stops: no answer, and no end of the test.
TEST(UnwindTable, StopsWhereMemoryDoes) {
  int allowed = 0;
  for (;; ++allowed) {
    int left = allowed;
    const auto read = [&left](void* to, uint64_t address, size_t size) {
      return left-- > 0 && read_own(to, address, size);
    };
    if (find_function(read, address_of(__ehdr_start), address_of(covered_function))) break;
    ASSERT_LT(allowed, 1000);
  }
  EXPECT_GT(allowed, 10);
}

}  // namespace
}  // namespace redoubt::shim::patch
