// SPDX-License-Identifier: Apache-2.0
//
// What was in memory that was freed is not there when it is given out again.
#include <gtest/gtest.h>
#include <string.h>

#include <algorithm>
#include <new>

namespace redoubt::cas {
namespace {

TEST(WipingDelete, LeavesNothingBehind) {
  constexpr size_t kSize = 512;
  auto* first = static_cast<char*>(::operator new(kSize));
  memset(first, 'x', kSize);
  const auto address = reinterpret_cast<uintptr_t>(first);
  ::operator delete(first);
  auto* second = static_cast<char*>(::operator new(kSize));
  asm volatile("" : : "r"(second) : "memory");
  const bool same = reinterpret_cast<uintptr_t>(second) == address;
  // The allocator writes its own links at the beginning.
  const auto left = std::count(second + 32, second + kSize, 'x');
  ::operator delete(second);
  if (!same) GTEST_SKIP() << "the allocator gave other memory";
  EXPECT_EQ(left, 0);
}

}  // namespace
}  // namespace redoubt::cas
