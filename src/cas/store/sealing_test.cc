// SPDX-License-Identifier: Apache-2.0
#include "cas/store/sealing.h"

#include <gtest/gtest.h>

namespace redoubt::cas {
namespace {

Sealer sealer(uint8_t root = 1, uint8_t id = 2) {
  SecretBytes key(32);
  key.data()[0] = root;
  ByteArray<32> database_id{};
  database_id[0] = id;
  return std::move(*Sealer::create(key, database_id));
}

const Place kPlace{1, "shop/cache", 3};
constexpr std::string_view kText = "fresh canary";

TEST(Sealing, OpensAtItsPlace) {
  const auto sealed = sealer().seal(kPlace, as_bytes(kText));
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->size(), kSealHeaderSize + kText.size());
  EXPECT_EQ(as_text(*sealed).find(kText), std::string_view::npos);
  EXPECT_EQ(sealer().open(kPlace, *sealed)->text(), kText);
}

TEST(Sealing, OpensNowhereElse) {
  const auto sealed = sealer().seal(kPlace, as_bytes(kText));
  for (const Place& other : {Place{2, "shop/cache", 3}, Place{1, "shop/cach", 3}, Place{1, "shop/cache", 2}}) {
    EXPECT_FALSE(sealer().open(other, *sealed)) << other.name << int{other.kind} << other.version;
  }
  EXPECT_FALSE(sealer(9, 2).open(kPlace, *sealed)) << "another root key";
  EXPECT_FALSE(sealer(1, 9).open(kPlace, *sealed)) << "another database";
}

TEST(Sealing, EveryBitCounts) {
  const auto sealed = sealer().seal(kPlace, as_bytes(kText));
  for (size_t bit = 0; bit < sealed->size() * 8; ++bit) {
    Bytes changed = *sealed;
    changed[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    ASSERT_FALSE(sealer().open(kPlace, changed)) << "bit " << bit;
  }
  for (size_t size = 0; size < sealed->size(); ++size) {
    ASSERT_FALSE(sealer().open(kPlace, ByteView(*sealed).first(size))) << "size " << size;
  }
}

TEST(Sealing, NothingRepeats) {
  EXPECT_NE(*sealer().seal(kPlace, as_bytes(kText)), *sealer().seal(kPlace, as_bytes(kText)));
  EXPECT_EQ(sealer().open(kPlace, *sealer().seal(kPlace, {}))->size(), 0u);
}

TEST(Sealing, DigestsNamePlaceAndSealing) {
  const auto one = sealer().seal(kPlace, as_bytes(kText));
  const auto other = sealer().seal(kPlace, as_bytes(kText));
  const auto digest = sealer().place_digest(kPlace, *one);
  EXPECT_EQ(*digest, *sealer().place_digest(kPlace, ByteView(*one).first(33)));
  EXPECT_NE(*digest, *sealer().place_digest(kPlace, *other));
  EXPECT_NE(*digest, *sealer().place_digest({1, "shop/cache", 4}, *one));
  EXPECT_NE(*digest, *sealer(2).place_digest(kPlace, *one));
  EXPECT_FALSE(sealer().place_digest(kPlace, ByteView(*one).first(32)));
}

}  // namespace
}  // namespace redoubt::cas
