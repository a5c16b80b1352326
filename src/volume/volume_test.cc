// SPDX-License-Identifier: Apache-2.0
//
// What a volume does when all goes well: names, attributes, content, and that all of it is there after opening it again.
#include "volume/volume.h"

#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "volume/test_volume.h"

namespace redoubt::volume {
namespace {

class VolumeTest : public testing::Test {
 protected:
  void SetUp() override { test.initialise(); }
  Volume& volume() { return *test.volume; }
  InodeNumber file(std::string_view name) { return *volume().create(kRootInode, name, S_IFREG | 0644, 1, 2); }

  TestVolume test;
};

TEST_F(VolumeTest, KeepsAFile) {
  const InodeNumber inode = file("a");
  ASSERT_TRUE(volume().write(inode, 0, as_bytes("hello")));
  test.reopen();
  ASSERT_EQ(*volume().lookup(kRootInode, "a"), inode);
  EXPECT_EQ(test.content(inode), "hello");
  const Attributes attributes = *volume().attributes(inode);
  EXPECT_EQ(attributes.mode, S_IFREG | 0644U);
  EXPECT_EQ(attributes.uid, 1U);
  EXPECT_EQ(attributes.gid, 2U);
  EXPECT_EQ(attributes.size, 5U);
  EXPECT_EQ(attributes.blocks, 1U);
  EXPECT_EQ(attributes.links, 1U);
}

TEST_F(VolumeTest, WritesAcrossBlocksAndHoles) {
  const InodeNumber inode = file("a");
  std::string expected(20000, '\0');
  for (size_t i = 0; i < 6000; ++i) expected[10000 + i] = static_cast<char>('a' + i % 26);
  ASSERT_TRUE(volume().write(inode, 10000, as_bytes(expected.substr(10000, 6000))));
  ASSERT_TRUE(volume().truncate(inode, 20000));
  EXPECT_EQ(test.content(inode), expected);
  test.reopen();
  EXPECT_EQ(test.content(inode), expected);
  EXPECT_EQ(*volume().seek_data(inode, 0), 8192U);
  EXPECT_EQ(*volume().seek_hole(inode, 8192), 16384U);
  ASSERT_TRUE(volume().truncate(inode, 10005));
  ASSERT_TRUE(volume().truncate(inode, 10010));
  EXPECT_EQ(test.content(inode), expected.substr(0, 10005) + std::string(5, '\0'));
  ASSERT_TRUE(volume().punch(inode, 10001, 2));
  EXPECT_EQ(test.content(inode).substr(10000), std::string("a\0\0de\0\0\0\0\0", 10));
}

TEST_F(VolumeTest, AppendsAtTheEnd) {
  const InodeNumber inode = file("log");
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    expected += line;
    ASSERT_EQ(*volume().append(inode, as_bytes(line)), expected.size());
  }
  EXPECT_EQ(test.content(inode), expected);
  // Blocks that nobody could ask for again are used again, without a barrier.
  EXPECT_LT(test.storage.at(HostFile::kData)->size(), expected.size() + 10 * kBlockSize);
  test.reopen();
  EXPECT_EQ(test.content(inode), expected);
}

TEST_F(VolumeTest, ALargeWriteIsOneOfDataAndOneOfLog) {
  const InodeNumber inode = file("a");
  ASSERT_TRUE(volume().write(inode, 0, as_bytes("x")));
  const uint64_t before = test.storage.writes;
  ASSERT_TRUE(volume().write(inode, 0, Bytes(512 << 10, 7)));
  EXPECT_EQ(test.storage.writes, before + 2);
  const uint64_t reads = test.storage.reads;
  Bytes all(256 << 10);
  ASSERT_EQ(*volume().read(inode, 0, all), all.size());
  EXPECT_EQ(test.storage.reads, reads + 1);
}

TEST_F(VolumeTest, Names) {
  const InodeNumber a = file("a");
  const InodeNumber directory = *volume().create(kRootInode, "d", S_IFDIR | 0755, 0, 0);
  EXPECT_EQ(volume().attributes(kRootInode)->links, 3U);
  EXPECT_EQ(volume().create(kRootInode, "a", S_IFREG, 0, 0).error(), as_errno(EEXIST));
  EXPECT_EQ(volume().create(kRootInode, "a/b", S_IFREG, 0, 0).error(), as_errno(EINVAL));
  EXPECT_EQ(volume().create(kRootInode, std::string(256, 'n'), S_IFREG, 0, 0).error(), as_errno(ENAMETOOLONG));
  EXPECT_EQ(volume().create(a, "b", S_IFREG, 0, 0).error(), as_errno(ENOTDIR));
  ASSERT_TRUE(volume().link(a, directory, "b"));
  EXPECT_EQ(volume().attributes(a)->links, 2U);
  EXPECT_EQ(volume().unlink(kRootInode, "d", true).error(), as_errno(ENOTEMPTY));
  EXPECT_EQ(volume().unlink(kRootInode, "d", false).error(), as_errno(EISDIR));
  EXPECT_EQ(volume().unlink(kRootInode, "a", true).error(), as_errno(ENOTDIR));
  ASSERT_TRUE(volume().unlink(kRootInode, "a", false));
  EXPECT_EQ(volume().lookup(kRootInode, "a").error(), as_errno(ENOENT));
  EXPECT_EQ(*volume().lookup(directory, "b"), a);
  ASSERT_TRUE(volume().create(kRootInode, "s", S_IFLNK | 0777, 0, 0, 0, "d/b"));
  test.reopen();
  EXPECT_EQ(*volume().read_link(*volume().lookup(kRootInode, "s")), "d/b");
  EXPECT_EQ(*volume().parent(directory), kRootInode);
  ASSERT_TRUE(volume().unlink(directory, "b", false));
  EXPECT_EQ(volume().attributes(a).error(), as_errno(ENOENT));
  ASSERT_TRUE(volume().unlink(kRootInode, "d", true));
  EXPECT_EQ(volume().attributes(kRootInode)->links, 2U);
}

TEST_F(VolumeTest, Renames) {
  const InodeNumber a = file("a"), b = file("b");
  const InodeNumber d = *volume().create(kRootInode, "d", S_IFDIR | 0755, 0, 0);
  const InodeNumber e = *volume().create(d, "e", S_IFDIR | 0755, 0, 0);
  EXPECT_EQ(volume().rename(kRootInode, "d", e, "x", 0).error(), as_errno(EINVAL));
  EXPECT_EQ(volume().rename(kRootInode, "a", kRootInode, "b", RENAME_NOREPLACE).error(), as_errno(EEXIST));
  EXPECT_EQ(volume().rename(kRootInode, "a", kRootInode, "d", 0).error(), as_errno(EISDIR));
  EXPECT_EQ(volume().rename(kRootInode, "d", kRootInode, "a", 0).error(), as_errno(ENOTDIR));
  EXPECT_EQ(volume().rename(d, "e", kRootInode, "d", 0).error(), as_errno(ENOTEMPTY));
  ASSERT_TRUE(volume().rename(kRootInode, "a", kRootInode, "b", 0));
  EXPECT_EQ(*volume().lookup(kRootInode, "b"), a);
  EXPECT_EQ(volume().attributes(b).error(), as_errno(ENOENT));
  ASSERT_TRUE(volume().rename(d, "e", kRootInode, "b", RENAME_EXCHANGE));
  test.reopen();
  EXPECT_EQ(*volume().lookup(d, "e"), a);
  EXPECT_EQ(*volume().lookup(kRootInode, "b"), e);
  EXPECT_EQ(*volume().parent(e), kRootInode);
  EXPECT_EQ(volume().attributes(d)->links, 2U);
  EXPECT_EQ(volume().attributes(kRootInode)->links, 4U);
}

TEST_F(VolumeTest, ListsWhileTheDirectoryChanges) {
  for (int i = 0; i < 50; ++i) file("f" + std::to_string(i));
  std::set<std::string> seen;
  uint64_t cookie = 0;
  for (;;) {
    const auto entries = *volume().list(kRootInode, cookie, 7);
    if (entries.empty()) break;
    for (const auto& entry : entries) {
      EXPECT_TRUE(seen.insert(entry.name).second);
      EXPECT_EQ(entry.mode, static_cast<uint32_t>(S_IFREG));
      ASSERT_TRUE(volume().unlink(kRootInode, entry.name, false));
      cookie = entry.cookie;
    }
    test.reopen();
  }
  EXPECT_EQ(seen.size(), 50U);
}

TEST_F(VolumeTest, AttributesAndExtended) {
  const InodeNumber inode = file("a");
  AttributeChange change;
  change.permissions = 0600;
  change.gid = 77;
  change.modified = Time{5, 6};
  ASSERT_TRUE(volume().change(inode, change));
  ASSERT_TRUE(volume().set_extended(inode, "user.x", as_bytes("value"), XATTR_CREATE));
  EXPECT_EQ(volume().set_extended(inode, "user.x", as_bytes("v"), XATTR_CREATE).error(), as_errno(EEXIST));
  EXPECT_EQ(volume().set_extended(inode, "user.y", as_bytes("v"), XATTR_REPLACE).error(), as_errno(ENODATA));
  ASSERT_TRUE(volume().set_extended(inode, "user.z", {}, 0));
  ASSERT_TRUE(volume().remove_extended(inode, "user.z"));
  for (const bool checkpoint : {false, true}) {
    if (checkpoint) {
      ASSERT_TRUE(volume().checkpoint());
    }
    test.reopen();
    const Attributes attributes = *volume().attributes(inode);
    EXPECT_EQ(attributes.mode, S_IFREG | 0600U);
    EXPECT_EQ(attributes.uid, 1U);
    EXPECT_EQ(attributes.gid, 77U);
    EXPECT_EQ(attributes.modified, (Time{5, 6}));
    EXPECT_EQ(as_text(*volume().extended(inode, "user.x")), "value");
    EXPECT_EQ(volume().list_extended(inode)->size(), 1U);
  }
}

TEST_F(VolumeTest, NamelessFiles) {
  const InodeNumber inode = *volume().create_nameless(0600, 0, 0);
  ASSERT_TRUE(volume().write(inode, 0, as_bytes("x")));
  const InodeNumber other = *volume().create_nameless(0600, 0, 0);
  ASSERT_TRUE(volume().link(inode, kRootInode, "named"));
  test.reopen();
  EXPECT_EQ(test.content(inode), "x");
  EXPECT_EQ(volume().attributes(other).error(), as_errno(ENOENT));  // nobody can have it open
}

TEST_F(VolumeTest, BarrierSharesWork) {
  const InodeNumber inode = file("a");
  EXPECT_TRUE(volume().is_dirty());
  ASSERT_TRUE(volume().barrier());
  EXPECT_FALSE(volume().is_dirty());
  const uint64_t syncs = test.storage.syncs;
  ASSERT_TRUE(volume().barrier());
  EXPECT_EQ(test.storage.syncs, syncs);
  ASSERT_TRUE(volume().write(inode, 0, as_bytes("x")));
  EXPECT_TRUE(volume().is_dirty());
  ASSERT_TRUE(volume().barrier());
  EXPECT_EQ(test.storage.syncs, syncs + 1);
}

// Small writes are one write of the log and lie there until a checkpoint, wherever they are read, cut or written over.
TEST_F(VolumeTest, SmallWritesLieInTheLog) {
  const InodeNumber inode = file("a"), other = file("b");
  uint64_t before = test.storage.writes;
  ASSERT_TRUE(volume().write(inode, 0, Bytes(10000, 'x')));
  EXPECT_EQ(test.storage.writes, before + 1);
  EXPECT_EQ(volume().space().blocks_in_log, 3U);
  EXPECT_EQ(test.storage.at(HostFile::kData)->size(), 0U);
  ASSERT_TRUE(volume().write(other, 0, Bytes(kBlockSize, 'o')));
  ASSERT_TRUE(volume().write(inode, kBlockSize + 1, as_bytes("yy")));
  ASSERT_TRUE(volume().truncate(inode, 9000));
  ASSERT_TRUE(volume().punch(inode, 0, kBlockSize));
  std::string expected(9000, 'x');
  expected.replace(0, kBlockSize, kBlockSize, '\0');
  expected.replace(kBlockSize + 1, 2, "yy");
  EXPECT_EQ(volume().space().blocks_in_log, 3U);
  const auto check = [&](uint64_t in_log) {
    EXPECT_EQ(volume().space().blocks_in_log, in_log);
    EXPECT_EQ(volume().space().data_blocks, 3U);
    EXPECT_EQ(test.content(inode), expected);
    EXPECT_EQ(test.content(other), std::string(kBlockSize, 'o'));
    EXPECT_TRUE(volume().verify().empty());
  };
  check(3);
  test.reopen();
  check(3);
  ASSERT_TRUE(volume().checkpoint());
  EXPECT_EQ(test.storage.at(HostFile::kData)->size(), 4 * kBlockSize);
  check(0);
  test.reopen();
  check(0);
  ASSERT_TRUE(volume().unlink(kRootInode, "a", false));
  EXPECT_EQ(volume().space().data_blocks, 1U);
}

TEST_F(VolumeTest, ManyWritesWithoutABarrierGoToTheDataFile) {
  const InodeNumber inode = file("a");
  constexpr uint64_t kBlocks = 200;
  for (uint64_t i = 0; i < kBlocks; ++i) ASSERT_TRUE(volume().write(inode, i * kBlockSize, Bytes(kBlockSize, 'x')));
  EXPECT_EQ(volume().space().blocks_in_log, test.small_writes / kBlockSize);
  EXPECT_EQ(test.storage.at(HostFile::kData)->size(), (1 + kBlocks - test.small_writes / kBlockSize) * kBlockSize);
  ASSERT_TRUE(volume().barrier());
  ASSERT_TRUE(volume().write(inode, 0, as_bytes("again")));
  EXPECT_EQ(volume().space().blocks_in_log, test.small_writes / kBlockSize);
  ASSERT_TRUE(volume().write(inode, 0, Bytes(kBlocks * kBlockSize, 'y')));
  EXPECT_EQ(volume().space().blocks_in_log, 0U);
}

TEST_F(VolumeTest, ALogOfSmallWritesStaysBounded) {
  const InodeNumber inode = file("a");
  uint64_t longest = 0;
  for (uint64_t i = 0; i < 20000; ++i) {
    ASSERT_TRUE(volume().write(inode, i % 100 * kBlockSize, Bytes(kBlockSize, static_cast<uint8_t>(i))));
    if (i % 10 == 0) {
      ASSERT_TRUE(volume().barrier());
    }
    longest = std::max(longest, volume().space().log_bytes);
  }
  EXPECT_GT(longest, uint64_t{7} << 20);
  EXPECT_LT(longest, uint64_t{9} << 20);
  for (const HostFile log : {HostFile::kLogA, HostFile::kLogB}) {
    EXPECT_LT(test.storage.at(log)->size(), uint64_t{9} << 20);
  }
  EXPECT_EQ(test.content(inode).size(), 100 * kBlockSize);
  test.reopen();
  EXPECT_TRUE(volume().verify().empty());
}

TEST_F(VolumeTest, CheckpointsTakeTurns) {
  std::string expected;
  const InodeNumber inode = file("a");
  for (int i = 0; i < 6; ++i) {
    expected += std::string(5000, static_cast<char>('a' + i));
    ASSERT_TRUE(volume().write(inode, 0, as_bytes(expected)));
    ASSERT_TRUE(volume().checkpoint());
    EXPECT_EQ(volume().space().log_bytes, 0U);
    if (i % 2 == 0) test.reopen();
    EXPECT_EQ(test.content(inode), expected);
  }
  EXPECT_TRUE(volume().verify().empty());
}

}  // namespace
}  // namespace redoubt::volume
