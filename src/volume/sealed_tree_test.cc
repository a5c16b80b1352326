// SPDX-License-Identifier: Apache-2.0
#include "volume/sealed_tree.h"

#include <gtest/gtest.h>

namespace redoubt::volume {
namespace {

const ByteArray<32> kKey = {1, 2, 3};

SealedTree sample() {
  SealedTree tree;
  tree.id = {9, 8, 7};
  tree.sequence = 5;
  tree.entries = {
      {.path = "etc/app.conf",
       .kind = SealedEntry::Kind::kFile,
       .mode = 0644,
       .uid = 1,
       .gid = 2,
       .size = 10,
       .sha256 = {4, 5},
       .target = {}},
      {.path = "etc", .kind = SealedEntry::Kind::kDirectory, .mode = 0755, .sha256 = {}, .target = {}},
      {.path = "etc/link", .kind = SealedEntry::Kind::kLink, .mode = 0777, .sha256 = {}, .target = "app.conf"},
  };
  return tree;
}

TEST(SealedTree, ComesBackSorted) {
  const auto read = read_seal(write_seal(sample(), kKey), kKey);
  ASSERT_TRUE(read) << read.error().found;
  ASSERT_EQ(read->entries.size(), 3u);
  EXPECT_EQ(read->sequence, 5u);
  EXPECT_EQ(read->entries[0].path, "etc");
  EXPECT_EQ(read->entries[1].path, "etc/app.conf");
  EXPECT_EQ(read->entries[1].size, 10u);
  EXPECT_EQ(read->entries[1].gid, 2u);
  EXPECT_EQ(read->entries[2].target, "app.conf");
  EXPECT_EQ(read->tag().sequence, 5u);
}

TEST(SealedTree, RefusesEveryChangedByteAndLength) {
  const Bytes good = write_seal(sample(), kKey);
  for (size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= 0x10;
    EXPECT_FALSE(read_seal(bad, kKey)) << at;
  }
  for (size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(read_seal(ByteView(good).first(size), kKey)) << size;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(read_seal(longer, kKey));
}

TEST(SealedTree, SaysWhetherItIsTheFormOrTheKey) {
  const Bytes good = write_seal(sample(), kKey);
  EXPECT_EQ(read_seal(good, ByteArray<32>{1, 2, 4}).error().check, "volume.key");
  EXPECT_EQ(read_seal(as_bytes("hello"), kKey).error().check, "volume.format");
  Bytes newer = good;
  newer[8] = 2;
  EXPECT_EQ(read_seal(newer, kKey).error().found, "version 2");
}

// A seal with a right MAC that a faulty writer made.
TEST(SealedTree, RefusesPathsThatLeadElsewhere) {
  for (const char* path : {"", "/etc", "a//b", "a/../b", "..", "a/.", "a/"}) {
    SealedTree tree = sample();
    tree.entries[0].path = path;
    const auto read = read_seal(write_seal(tree, kKey), kKey);
    ASSERT_FALSE(read) << path;
    EXPECT_EQ(read.error().check, "volume.seal");
  }
  SealedTree twice = sample();
  twice.entries[0].path = "etc";
  EXPECT_FALSE(read_seal(write_seal(twice, kKey), kKey));
}

TEST(SealedTree, IsComparedWithTheTagThatIsKept) {
  const Tag kept{.sequence = 5, .mac = {1}};
  const auto check_of = [&](const Tag& found, bool exact) {
    const auto age = compare_seal(found, kept, exact);
    if (!age) return age.error().check;
    return std::string(*age == SealAge::kNewer ? "newer" : "known");
  };
  EXPECT_EQ(check_of(kept, false), "known");
  EXPECT_EQ(check_of(kept, true), "known");
  EXPECT_EQ(check_of({.sequence = 6, .mac = {2}}, false), "newer");
  EXPECT_EQ(check_of({.sequence = 6, .mac = {2}}, true), "volume.exact");
  EXPECT_EQ(check_of({.sequence = 4, .mac = {3}}, false), "volume.rollback");
  EXPECT_EQ(check_of({.sequence = 4, .mac = {1}}, false), "volume.rollback");
  EXPECT_EQ(check_of({.sequence = 5, .mac = {3}}, false), "volume.rollback");
  EXPECT_EQ(check_of({.sequence = 5, .mac = {3}}, true), "volume.exact");
}

}  // namespace
}  // namespace redoubt::volume
