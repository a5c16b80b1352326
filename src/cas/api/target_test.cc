// SPDX-License-Identifier: Apache-2.0
#include "cas/api/target.h"

#include <gtest/gtest.h>

namespace redoubt::cas {
namespace {

TEST(Target, PathAndQuery) {
  const auto target = parse_target("/v1/sessions/a%2Fb~c?prefix=x%20y&hash&empty=");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/v1/sessions/a/b~c");
  ASSERT_EQ(target->query.size(), 3u);
  EXPECT_EQ(target->query[0].second, "x y");
  EXPECT_EQ(target->query[1], std::pair(std::string("hash"), std::string()));
  EXPECT_EQ(target->query[2], std::pair(std::string("empty"), std::string()));
  EXPECT_EQ(parse_target("/+")->path, "/+");
  EXPECT_TRUE(parse_target("/?")->query.empty());
}

TEST(Target, WhatIsNotExactlyRightIsRefused) {
  for (const char* text : {"", "*", "v1", "http://x/healthz", "/a b", "/a\"", "/a%", "/a%4", "/a%zz", "/a%00", "/a%0a",
                           "/a%7f", "/a#b", "/\x80", "/a?=b", "/a?b=<", "/a?&b", "/a\\b", "/a[1]"}) {
    EXPECT_FALSE(parse_target(text)) << text;
  }
}

}  // namespace
}  // namespace redoubt::cas
