// SPDX-License-Identifier: Apache-2.0
#include "crypto/der.h"

#include <gtest/gtest.h>

#include "crypto/hex.h"

namespace redoubt::crypto {
namespace {

TEST(Der, ReadsWhatExtensionsHold) {
  const Bytes bytes = *from_hex(
      "3016"
      "060a2a864886f84d010d0102"
      "020200ff"
      "0101ff"
      "0a0101");
  DerReader outer(bytes);
  DerReader reader = *outer.read_sequence();
  EXPECT_EQ(*reader.read_object_identifier(), "1.2.840.113741.1.13.1.2");
  EXPECT_EQ(*reader.read_unsigned(255), 255U);
  EXPECT_TRUE(*reader.read_boolean());
  EXPECT_FALSE(reader.expect_end());
  EXPECT_EQ(*reader.read_unsigned(2, DerTag::kEnumerated), 1U);
  EXPECT_TRUE(reader.expect_end());
  EXPECT_TRUE(outer.at_end());
}

TEST(Der, RefusesWhatIsNotDer) {
  struct Case {
    const char* hex;
    const char* why;
  };
  for (const Case& bad : {Case{"", "nothing"},
                          {"02", "no length"},
                          {"0201", "no content"},
                          {"0301ff", "another type"},
                          {"028000", "indefinite length"},
                          {"02810101", "length not in shortest form"},
                          {"0282000101", "length with a leading zero"},
                          {"028500000000010 1", "odd"},
                          {"0200", "no bytes"},
                          {"0201ff", "negative"},
                          {"0202007f", "leading zero"},
                          {"02020100", "over the maximum"},
                          {"02090100000000000000 00", "over 64 bits"}}) {
    const Bytes bytes = from_hex(bad.hex).value_or(Bytes{});
    EXPECT_FALSE(DerReader(bytes).read_unsigned(255)) << bad.why;
  }
  EXPECT_FALSE(DerReader(*from_hex("010101")).read_boolean());
  EXPECT_FALSE(DerReader(*from_hex("06028001")).read_object_identifier());
  EXPECT_FALSE(DerReader(*from_hex("060181")).read_object_identifier());
  EXPECT_FALSE(DerReader(*from_hex("060b2affffffffffffffffff7f")).read_object_identifier());
}

}  // namespace
}  // namespace redoubt::crypto
