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
  char got[4];
  EXPECT_TRUE(from.peek_in(got, 4));
  EXPECT_TRUE(from.peek_in(got, 4));
  EXPECT_EQ(std::memcmp(got, "abcd", 4), 0);
  from.skip(3);
  EXPECT_EQ(from.left(), 3U);
  EXPECT_TRUE(from.peek_in(got, 3));
  EXPECT_EQ(std::memcmp(got, "def", 3), 0);
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
}

}  // namespace
}  // namespace redoubt::shim::net
