// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash.h"

#include <gtest/gtest.h>

#include "crypto/hex.h"

namespace redoubt::crypto {
namespace {

TEST(Sha256, MatchesFips180) {
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(ByteView{})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256({as_bytes("a"), as_bytes(""), as_bytes("bc")}), sha256(as_bytes("abc")));
}

TEST(Hex, ReadsEitherCaseAndNothingElse) {
  EXPECT_EQ(to_hex(*from_hex("00fFA5")), "00ffa5");
  EXPECT_EQ(from_hex("")->size(), 0U);
  EXPECT_EQ(from_hex("0"), std::nullopt);
  EXPECT_EQ(from_hex("0g"), std::nullopt);
  EXPECT_EQ(from_hex("0x00"), std::nullopt);
  EXPECT_TRUE(array_from_hex<2>("beef"));
  EXPECT_FALSE(array_from_hex<3>("beef"));
}

}  // namespace
}  // namespace redoubt::crypto
