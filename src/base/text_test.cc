// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace redoubt {
namespace {

TEST(Text, AppendsInOrder) {
  Text<64> text;
  text.append("pid ").decimal(42).append(',').append(' ').hex(0xbeef).append(' ').octal(0644);
  EXPECT_EQ(text.view(), "pid 42, 0xbeef 0644");
  EXPECT_STREQ(text.c_str(), "pid 42, 0xbeef 0644");
  EXPECT_EQ(text.size(), 19U);
  EXPECT_FALSE(text.truncated());
}

TEST(Text, WritesTheExtremes) {
  Text<128> text;
  text.decimal(0).append(' ').decimal(std::numeric_limits<int64_t>::min()).append(' ');
  text.decimal(std::numeric_limits<uint64_t>::max()).append(' ').decimal(int8_t{-128});
  EXPECT_EQ(text.view(), "0 -9223372036854775808 18446744073709551615 -128");
  text.clear();
  text.hex(0).append(' ').octal(0).append(' ').hex(UINT64_MAX).append(' ').octal(UINT64_MAX);
  EXPECT_EQ(text.view(), "0x0 0 0xffffffffffffffff 01777777777777777777777");
}

TEST(Text, FillsWithZeros) {
  Text<32> text;
  text.padded(7, 3).append(' ').padded(1234, 3).append(' ').hex_digits(0xab);
  EXPECT_EQ(text.view(), "007 1234 ab");
}

TEST(Text, QuotesAsC) {
  Text<64> text;
  text.quoted(
      {"a\"b\\\n\t\r\0z\x01"
       "9\xff",
       12});
  EXPECT_EQ(text.view(), R"("a\"b\\\n\t\r\0z\0019\377")");
}

TEST(Text, StopsAtItsEndAndSaysSo) {
  Text<6> text;
  text.append("12345");
  EXPECT_FALSE(text.truncated());
  text.append('6').append("789").decimal(10);
  EXPECT_TRUE(text.truncated());
  EXPECT_STREQ(text.c_str(), "12345");
  text.end_with("...");
  EXPECT_STREQ(text.c_str(), "12...");
  text.clear();
  EXPECT_FALSE(text.truncated());
  EXPECT_STREQ(text.c_str(), "");
}

TEST(Text, FitsTheSmallestBuffer) {
  char one = 'x';
  TextBuilder text(&one, 1);
  text.append("anything").end_with("...");
  EXPECT_STREQ(text.c_str(), "");
  char two[2];
  TextBuilder short_text(two, sizeof(two));
  short_text.append("anything").end_with("...");
  EXPECT_STREQ(short_text.c_str(), ".");
}

}  // namespace
}  // namespace redoubt
