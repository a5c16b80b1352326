// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <gtest/gtest.h>

#include <climits>
#include <string>

namespace redoubt {
namespace {

TEST(Result, FromRawTellsErrorsFromValues) {
  EXPECT_EQ(*from_raw(0), 0U);
  EXPECT_EQ(*from_raw(INT64_MAX), static_cast<uint64_t>(INT64_MAX));
  EXPECT_EQ(from_raw(-1).error(), as_errno(EPERM));
  EXPECT_EQ(from_raw(-4095).error(), as_errno(4095));
}

TEST(Result, FromRawMakesGarbageAnInputOutputError) {
  EXPECT_EQ(from_raw(-4096).error(), as_errno(EIO));
  EXPECT_EQ(from_raw(INT64_MIN).error(), as_errno(EIO));
}

TEST(Result, ErrorRangeIsTheKernels) {
  EXPECT_FALSE(is_error(0));
  EXPECT_TRUE(is_error(-1));
  EXPECT_TRUE(is_error(-4095));
  EXPECT_FALSE(is_error(-4096));
}

TEST(Result, ToRawIsTheInverse) {
  EXPECT_EQ(to_raw(Result<int>(7)), 7);
  EXPECT_EQ(to_raw(Result<int>(fail(ENOENT))), -ENOENT);
  EXPECT_EQ(to_raw(Result<void>()), 0);
  EXPECT_EQ(to_raw(Result<void>(fail(EIO))), -EIO);
}

Result<std::string> twice(Result<std::string> text, int& reached) {
  std::string value = TRY(std::move(text));
  ++reached;
  return value + value;
}

Result<void> pass_on(Result<void> outcome, int& reached) {
  TRY_VOID(outcome);
  ++reached;
  return {};
}

TEST(Result, TryYieldsTheValueOrPassesTheErrorOn) {
  int reached = 0;
  EXPECT_EQ(*twice(std::string("ab"), reached), "abab");
  EXPECT_EQ(twice(fail(ENOMEM), reached).error(), as_errno(ENOMEM));
  EXPECT_EQ(reached, 1);
}

TEST(Result, TryVoidPassesTheErrorOn) {
  int reached = 0;
  EXPECT_TRUE(pass_on({}, reached));
  EXPECT_EQ(pass_on(fail(EAGAIN), reached).error(), as_errno(EAGAIN));
  EXPECT_EQ(reached, 1);
}

TEST(Result, WorksInConstantExpressions) {
  static_assert(from_raw(5).value() == 5);
  static_assert(!from_raw(-5).has_value());
}

}  // namespace
}  // namespace redoubt
