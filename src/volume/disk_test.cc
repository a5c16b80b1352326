// SPDX-License-Identifier: Apache-2.0
//
// Disks that are full, read-only, or fail: nothing that was there is lost, and what frees space goes on.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "volume/format.h"
#include "volume/model.h"
#include "volume/test_volume.h"

namespace redoubt::volume {
namespace {

class DiskTest : public testing::Test {
 protected:
  void SetUp() override { test.initialise(); }
  void write(std::string_view name, std::string_view text) { test.put(name, text); }

  TestVolume test;
};

// The log may not grow: what fits into free slots of the data file goes there.
TEST_F(DiskTest, AFullDiskTakesOverwrites) {
  test.small_writes = 0;
  test.reopen();
  write("a", std::string(100000, 'a'));
  ASSERT_TRUE(test.volume->checkpoint());
  write("a", std::string(100000, 'b'));
  ASSERT_TRUE(test.volume->barrier());  // free slots, of the first content
  test.small_writes = uint64_t{1} << 30;
  test.reopen();
  test.storage.capacity = test.storage.total_size();
  const InodeNumber file = *test.volume->lookup(kRootInode, "a");
  uint64_t most_in_log = 0;
  for (uint64_t i = 0; i < 200; ++i) {
    most_in_log = std::max(most_in_log, test.volume->space().blocks_in_log);
    ASSERT_TRUE(test.volume->write(file, i % 20 * kBlockSize, Bytes(kBlockSize, 'c'))) << i;
  }
  EXPECT_GT(most_in_log, 3U);
  EXPECT_LT(most_in_log, 20U);
  const std::string expected = std::string(20 * kBlockSize, 'c') + std::string(100000 - 20 * kBlockSize, 'b');
  EXPECT_EQ(test.content(file), expected);
  test.reopen();
  EXPECT_EQ(test.content(file), expected);
}

// A checkpoint that cannot be written leaves the blocks where they are, here and for the others.
TEST_F(DiskTest, ACheckpointThatFailsMovesNothing) {
  write("a", std::string(50000, 'a'));
  auto other = *Volume::join(test.storage, *test.owner, test.options());
  const InodeNumber file = *test.volume->lookup(kRootInode, "a");
  const uint64_t in_log = test.volume->space().blocks_in_log;
  ASSERT_GT(in_log, 0U);
  for (const uint64_t room : {0, 10000, 60000, 61000}) {
    test.storage.capacity = test.storage.total_size() + room;
    ASSERT_EQ(test.volume->checkpoint().error(), as_errno(ENOSPC));
    test.storage.capacity = ~uint64_t{0};
    EXPECT_EQ(test.volume->space().blocks_in_log, in_log);
    // The slots of the attempt are the next ones of others.
    const InodeNumber more = *other->create(kRootInode, "b", S_IFREG, 0, 0);
    ASSERT_TRUE(other->write(more, 0, Bytes(40 * kBlockSize, 'b')));
    EXPECT_EQ(test.content(file), std::string(50000, 'a'));
    EXPECT_EQ(test.content(more), std::string(40 * kBlockSize, 'b'));
    ASSERT_TRUE(test.volume->unlink(kRootInode, "b", false));
  }
  ASSERT_TRUE(other->checkpoint());
  EXPECT_EQ(test.content(file), std::string(50000, 'a'));
  EXPECT_EQ(test.volume->space().blocks_in_log, 0U);
  test.reopen();
  EXPECT_EQ(test.content(file), std::string(50000, 'a'));
  EXPECT_TRUE(test.reports.empty());
}

TEST_F(DiskTest, ReadOnly) {
  write("a", "one");
  test.storage.is_read_only = true;
  OpenOptions options = test.options();
  options.read_only = true;
  ASSERT_EQ(text_of(test.open(std::move(options))), "");
  const InodeNumber file = *test.volume->lookup(kRootInode, "a");
  EXPECT_EQ(test.content(file), "one");
  EXPECT_EQ(test.volume->write(file, 0, as_bytes("x")).error(), as_errno(EROFS));
  EXPECT_EQ(test.volume->checkpoint().error(), as_errno(EROFS));
  // A disk that is, unasked.
  test.reopen();
  EXPECT_EQ(test.volume->write(file, 0, as_bytes("x")).error(), as_errno(EROFS));
  EXPECT_EQ(test.content(file), "one");
  test.storage.is_read_only = false;
  EXPECT_TRUE(test.volume->write(file, 0, as_bytes("two")));
}

TEST_F(DiskTest, NoSpaceLeftLosesNothing) {
  write("keep", "kept");
  ASSERT_TRUE(test.volume->barrier());
  test.storage.capacity = test.storage.total_size() + (3 << 20);
  Model model;
  const InodeNumber big = *test.volume->create(kRootInode, "big", S_IFREG | 0644, 0, 0);
  uint64_t size = 0;
  Result<void> written;
  while ((written = test.volume->write(big, size, Bytes(100000, 3)))) size += 100000;
  EXPECT_EQ(written.error(), as_errno(ENOSPC));
  // Names too, until the log is full; then what frees space goes on.
  int made = 0;
  while (test.volume->create(kRootInode, "n" + std::to_string(made), S_IFREG, 0, 0)) ++made;
  const Description before = describe(*test.volume);
  EXPECT_EQ(test.volume->checkpoint().error(), as_errno(ENOSPC));
  EXPECT_EQ(describe(*test.volume), before);
  test.reopen();
  EXPECT_EQ(describe(*test.volume), before);
  ASSERT_TRUE(test.volume->unlink(kRootInode, "big", false));
  for (int i = 0; i < made; ++i) ASSERT_TRUE(test.volume->unlink(kRootInode, "n" + std::to_string(i), false)) << i;
  ASSERT_TRUE(test.volume->barrier());
  EXPECT_EQ(test.content(*test.volume->lookup(kRootInode, "keep")), "kept");
  test.storage.capacity += 2 << 20;
  write("again", "there is room");
  EXPECT_LE(test.storage.total_size(), test.storage.capacity);
  test.reopen();
  EXPECT_EQ(describe(*test.volume).size(), 3U);
  EXPECT_TRUE(test.volume->verify().empty());
}

// Whoever filled it: the others have the room that is kept back for this.
TEST_F(DiskTest, SpaceThatAnotherProcessFilledCanBeFreed) {
  write("a", "one");
  auto other = *Volume::join(test.storage, *test.owner, test.options());
  test.storage.capacity = test.storage.total_size() + (6 << 20);
  const InodeNumber big = *other->create(kRootInode, "big", S_IFREG | 0644, 0, 0);
  uint64_t size = 0;
  while (other->write(big, size, Bytes(10000, 3))) size += 10000;
  for (int made = 0; other->create(kRootInode, "n" + std::to_string(made), S_IFREG, 0, 0);) ++made;
  ASSERT_TRUE(test.volume->truncate(big, 0));
  ASSERT_TRUE(test.volume->barrier());
}

TEST_F(DiskTest, AFailedSyncIsTheLastChange) {
  write("a", "one");
  test.storage.sync_error = EIO;
  EXPECT_EQ(test.volume->barrier().error(), as_errno(EIO));
  test.storage.sync_error = 0;
  EXPECT_EQ(test.volume->barrier().error(), as_errno(EIO));
  EXPECT_EQ(test.volume->create(kRootInode, "b", S_IFREG, 0, 0).error(), as_errno(EIO));
  EXPECT_EQ(test.content(*test.volume->lookup(kRootInode, "a")), "one");
  test.reopen();
  EXPECT_TRUE(test.volume->create(kRootInode, "b", S_IFREG, 0, 0));
}

// The host tells one caller of a failure, and the next sync succeeds: a checkpoint had it while a barrier waited for its own.
TEST_F(DiskTest, ABarrierHearsOfTheFailureThatACheckpointMet) {
  class Disk : public MemoryStorage {
   public:
    Result<void> sync(HostFile file) override {
      if (during_sync) return std::exchange(during_sync, nullptr)();
      return MemoryStorage::sync(file);
    }
    std::function<Result<void>()> during_sync;
  } disk;
  SoleOwner run;
  TestKeeper keeper;
  const auto kept = [&] {
    OpenOptions options = test.options();
    options.keeper = &keeper;
    options.expected = keeper.kept;
    return options;
  };
  OpenOptions with = kept();
  with.initialise = true;
  const auto a = *Volume::open(disk, run, std::move(with));
  const auto b = *Volume::join(disk, run, kept());
  ASSERT_TRUE(a->create(kRootInode, "a", S_IFREG, 0, 0));
  ASSERT_TRUE(a->barrier());
  const auto before = keeper.kept;
  ASSERT_TRUE(a->create(kRootInode, "b", S_IFREG, 0, 0));
  disk.during_sync = [&]() -> Result<void> {
    disk.sync_error = EIO;
    EXPECT_FALSE(b->checkpoint());
    disk.sync_error = 0;
    return {};
  };
  EXPECT_EQ(a->barrier().error(), as_errno(EIO));
  EXPECT_EQ(keeper.kept, before);
}

}  // namespace
}  // namespace redoubt::volume
