// SPDX-License-Identifier: Apache-2.0
#include "shim/net/pieces.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <climits>
#include <cstring>

namespace redoubt::shim::net {
namespace {

uint64_t at(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

TEST(Pieces, WalksOverEmptyOnes) {
  char a[3] = {}, b[2] = {};
  const iovec pieces[] = {{nullptr, 0}, {a, sizeof(a)}, {nullptr, 0}, {b, sizeof(b)}};
  Pieces to = Pieces::from_iovec(at(pieces), 4);
  ASSERT_EQ(to.problem(), 0);
  EXPECT_EQ(to.left(), 5U);
  EXPECT_TRUE(to.copy_out("12", 2));
  EXPECT_TRUE(to.copy_out("345", 3));
  EXPECT_EQ(to.left(), 0U);
  EXPECT_EQ(std::memcmp(a, "123", 3), 0);
  EXPECT_EQ(std::memcmp(b, "45", 2), 0);
}

TEST(Pieces, PeekingMovesNothing) {
  char text[] = "abcdef";
  Pieces from(at(text), 6);
  uint8_t got[4];
  for (int i = 0; i < 2; ++i) {
    const ByteView seen = from.peek_in(got, 4);
    ASSERT_EQ(seen.size(), 4U);
    EXPECT_EQ(std::memcmp(seen.data(), "abcd", 4), 0);
  }
  from.skip(3);
  EXPECT_EQ(from.left(), 3U);
  ASSERT_EQ(from.peek_in(got, 3).size(), 3U);
  EXPECT_EQ(std::memcmp(got, "def", 3), 0);
}

TEST(Pieces, TheShimsOwnMemoryIsNotCopied) {
  const uint8_t bytes[] = {1, 2, 3, 4};
  Pieces from = Pieces::of_own(bytes);
  uint8_t scratch[4];
  EXPECT_EQ(from.peek_in(scratch, 4).data(), bytes);
  from.skip(1);
  EXPECT_EQ(from.peek_in(scratch, 3).data(), bytes + 1);
  EXPECT_EQ(from.left(), 3U);
}

TEST(Pieces, WhatTheKernelRefuses) {
  iovec piece = {nullptr, SIZE_MAX};
  EXPECT_EQ(Pieces::from_iovec(at(&piece), 1).problem(), EINVAL);
  EXPECT_EQ(Pieces::from_iovec(at(&piece), IOV_MAX + 1).problem(), EMSGSIZE);
  EXPECT_EQ(Pieces::from_iovec(UINT64_MAX - 100, 1).problem(), EFAULT);
}

TEST(Pieces, BadMemoryMovesNothing) {
  Pieces to(UINT64_MAX - 100, 10);
  EXPECT_FALSE(to.copy_out("0123456789", 10));
  EXPECT_EQ(to.left(), 10U);
  uint8_t scratch[10];
  EXPECT_TRUE(to.peek_in(scratch, 10).empty());
}

}  // namespace
}  // namespace redoubt::shim::net
