// SPDX-License-Identifier: Apache-2.0
//
// Opening: what is refused and how it is said, tags and rollback over checkpoints, full and read-only disks, keepers that refuse.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <functional>
#include <utility>

#include "volume/format.h"
#include "volume/model.h"
#include "volume/test_volume.h"

namespace redoubt::volume {
namespace {

class OpenTest : public testing::Test {
 protected:
  void SetUp() override { test.initialise(); }
  std::string check_of(OpenOptions options) {
    const auto failure = test.open(std::move(options));
    return failure ? failure->check : "";
  }
  void write(std::string_view name, std::string_view text) {
    auto inode = test.volume->lookup(kRootInode, name);
    if (!inode) inode = test.volume->create(kRootInode, name, S_IFREG | 0644, 0, 0);
    ASSERT_TRUE(inode && test.volume->write(*inode, 0, as_bytes(text)));
  }
  OpenOptions kept() {
    OpenOptions options = test.options();
    options.keeper = &keeper;
    options.expected = keeper.kept;
    return options;
  }

  TestVolume test;
  TestKeeper keeper;
};

TEST_F(OpenTest, NothingThere) {
  test.storage.files = MemoryStorage().files;
  EXPECT_EQ(check_of(test.options()), "volume.absent");
  for (auto& file : test.storage.files) file.reset();
  EXPECT_EQ(check_of(test.options()), "volume.absent");
  OpenOptions options = test.options();
  options.expected = Tag{3, {}};
  EXPECT_EQ(check_of(std::move(options)), "volume.rollback");
}

TEST_F(OpenTest, AnotherKey) {
  test.key = test_key(9);
  const auto failure = test.open(test.options());
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->check, "volume.key");
  EXPECT_EQ(failure->error, EKEYREJECTED);
  OpenOptions options = test.options();
  options.initialise = true;
  EXPECT_EQ(check_of(std::move(options)), "volume.exists");
}

TEST_F(OpenTest, ExtraFiles) {
  EXPECT_FALSE(check_directory({{"log.a"}, {"data.0"}}));
  EXPECT_FALSE(check_directory({{"lost+found", true}, {"data.0"}}));
  EXPECT_TRUE(check_directory({{"lost+found", false}, {"data.0"}}));
  EXPECT_TRUE(check_directory({{"lost+found.old", true}}));
  const auto failure = check_directory({{"log.a"}, {"data.1"}});
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->check, "volume.file.extra");
  EXPECT_NE(failure->found.find("data.1"), std::string::npos);
}

TEST_F(OpenTest, NoMemoryForKeys) {
  OpenOptions options = test.options();
  options.secret_memory = [](size_t) { return std::span<uint8_t>{}; };
  EXPECT_EQ(check_of(std::move(options)), "volume.memory");
}

TEST_F(OpenTest, AnotherFormat) {
  for (const HostFile file : {HostFile::kSuperblockA, HostFile::kSuperblockB}) (*test.storage.at(file))[8] = 2;
  const auto failure = test.open(test.options());
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->check, "volume.format");
  EXPECT_NE(failure->found.find("version 2"), std::string::npos);
}

TEST_F(OpenTest, InitialisesOverNothingOrItsOwnEmptyOne) {
  OpenOptions options = test.options();
  options.initialise = true;
  ASSERT_TRUE(test.volume->barrier());
  EXPECT_EQ(check_of(options), "");  // one that nobody acknowledged, as whoever asks knows
  EXPECT_EQ(check_of(test.options()), "");
  ASSERT_TRUE(test.volume->create(kRootInode, "empty", S_IFREG, 0, 0));
  EXPECT_EQ(check_of(options), "volume.exists");
  test.reopen();
  write("a", "x");
  EXPECT_EQ(check_of(options), "volume.exists");
  test.reopen();
  EXPECT_EQ(test.content(*test.volume->lookup(kRootInode, "a")), "x");
  test.storage.files = MemoryStorage().files;
  *test.storage.at(HostFile::kData) = {1, 2, 3};
  EXPECT_EQ(check_of(options), "volume.exists");
  EXPECT_EQ(test.storage.at(HostFile::kData)->size(), 3U);
}

// A volume before its first checkpoint has one superblock that says ready. Losing it must not look like a volume that never was.
TEST_F(OpenTest, ALostSuperblockIsDamageWhereSomethingIsKept) {
  OpenOptions initialise = test.options();
  initialise.initialise = true;
  for (const bool is_large : {false, true}) {  // in the log only; in the data too
    TestVolume kept;
    kept.initialise();
    const auto inode = kept.volume->create(kRootInode, "a", S_IFREG | 0644, 0, 0);
    ASSERT_TRUE(inode && kept.volume->write(*inode, 0, Bytes(is_large ? 100'000 : 10, 7)) && kept.volume->barrier());
    test.volume.reset();
    for (const bool is_emptied : {true, false}) {
      test.storage.files = kept.storage.files;
      if (is_emptied) {
        test.storage.at(HostFile::kSuperblockB)->clear();
      } else {
        (*test.storage.at(HostFile::kSuperblockB))[8] = 2;  // the version
      }
      const auto failure = test.open(test.options());
      ASSERT_TRUE(failure);
      EXPECT_EQ(failure->check, "volume.superblock");
      EXPECT_EQ(failure->error, EIO);
      EXPECT_EQ(check_of(initialise), "volume.exists");
    }
  }
  TestVolume empty;
  empty.initialise();
  empty.volume.reset();
  test.storage.files = empty.storage.files;
  test.storage.at(HostFile::kSuperblockB)->clear();
  EXPECT_EQ(check_of(test.options()), "volume.unfinished");
  EXPECT_EQ(check_of(initialise), "");
}

TEST_F(OpenTest, TagsOverCheckpoints) {
  ASSERT_EQ(check_of(kept()), "");
  write("a", "one");
  ASSERT_TRUE(test.volume->barrier());
  const Tag old = *keeper.kept;
  // Two checkpoints without a tag in between: the tag that is kept is older than both.
  write("a", "two");
  ASSERT_TRUE(test.volume->checkpoint());
  write("a", "three");
  ASSERT_TRUE(test.volume->checkpoint());
  EXPECT_EQ(*keeper.kept, old);
  ASSERT_EQ(check_of(kept()), "");
  EXPECT_EQ(test.content(*test.volume->lookup(kRootInode, "a")), "three");
  // Once more without CAS, as a tool does; then with.
  test.reopen();
  write("b", "by a tool");
  ASSERT_TRUE(test.volume->barrier());
  ASSERT_TRUE(test.volume->checkpoint());
  ASSERT_TRUE(test.volume->checkpoint());
  ASSERT_EQ(check_of(kept()), "");
  // What the tool did has no tag yet: that is the next barrier's work, without any change.
  EXPECT_TRUE(test.volume->is_dirty());
  ASSERT_TRUE(test.volume->barrier());
  EXPECT_NE(*keeper.kept, old);
  EXPECT_FALSE(test.volume->is_dirty());
  // Another tag of the same sequence is another history.
  OpenOptions options = kept();
  options.expected->mac[0] ^= 1;
  EXPECT_EQ(check_of(std::move(options)), "volume.rollback");
  // After a newer tag the old one is no longer one of a checkpoint's.
  ASSERT_EQ(check_of(kept()), "");
  write("a", "four");
  ASSERT_TRUE(test.volume->barrier());
  ASSERT_TRUE(test.volume->checkpoint());
  options = kept();
  options.expected = old;
  EXPECT_EQ(check_of(std::move(options)), "volume.rollback");
}

TEST_F(OpenTest, ATagInFlightAtACheckpoint) {
  ASSERT_EQ(check_of(kept()), "");
  write("a", "one");
  ASSERT_TRUE(test.volume->barrier());
  const Tag first = *keeper.kept;
  // The keeper has it, and the answer is lost: either tag may be the one that CAS names next time.
  struct Lossy : TagKeeper {
    Result<void> keep(const Tag& tag) override {
      got = tag;
      return fail(EIO);
    }
    Tag got;
  } lossy;
  OpenOptions options = kept();
  options.keeper = &lossy;
  ASSERT_EQ(check_of(std::move(options)), "");
  write("a", "two");
  EXPECT_EQ(test.volume->barrier().error(), as_errno(EIO));
  EXPECT_EQ(test.volume->create(kRootInode, "b", S_IFREG, 0, 0).error(), as_errno(EIO));
  EXPECT_FALSE(test.reports.empty());
  test.reopen();
  ASSERT_TRUE(test.volume->checkpoint());
  for (const Tag& tag : {first, lossy.got}) {
    keeper.kept = tag;
    EXPECT_EQ(check_of(kept()), "");
  }
}

TEST_F(OpenTest, ExactRefusesLaterChanges) {
  ASSERT_EQ(check_of(kept()), "");
  write("a", "one");
  ASSERT_TRUE(test.volume->barrier());
  OpenOptions options = kept();
  options.exact = true;
  ASSERT_EQ(check_of(options), "");
  write("a", "two");
  EXPECT_EQ(check_of(options), "volume.exact");
}

TEST_F(OpenTest, ForgottenChangesHaveNoTags) {
  OpenOptions options = kept();
  options.forget_changes = true;
  ASSERT_EQ(check_of(std::move(options)), "");
  write("a", "one");
  ASSERT_TRUE(test.volume->barrier());
  EXPECT_FALSE(keeper.kept);
}

TEST_F(OpenTest, AKeeperMayWantTheFirstTagAlone) {
  keeper.first_only = true;
  ASSERT_EQ(check_of(kept()), "");
  write("a", "one");
  ASSERT_TRUE(test.volume->barrier());
  const auto first = keeper.kept;
  ASSERT_TRUE(first);
  for (const char* text : {"two", "three"}) {
    write("a", text);
    const uint64_t before = test.storage.syncs;
    ASSERT_TRUE(test.volume->barrier());
    EXPECT_GT(test.storage.syncs, before);
    EXPECT_FALSE(test.volume->is_dirty());
  }
  EXPECT_EQ(keeper.kept, first);
  // What it was told stays part of the history, over a checkpoint too.
  ASSERT_TRUE(test.volume->checkpoint());
  EXPECT_EQ(check_of(kept()), "");
}

TEST_F(OpenTest, ABarrierSyncsDataOnlyWhereThereIsSome) {
  test.small_writes = 0;
  test.reopen();
  write("a", "one");
  uint64_t before = test.storage.syncs;
  ASSERT_TRUE(test.volume->barrier());
  EXPECT_EQ(test.storage.syncs - before, 2);
  ASSERT_TRUE(test.volume->unlink(kRootInode, "a", false));
  before = test.storage.syncs;
  ASSERT_TRUE(test.volume->barrier());
  EXPECT_EQ(test.storage.syncs - before, 1);
  write("b", "two");
  before = test.storage.syncs;
  ASSERT_TRUE(test.volume->barrier());
  EXPECT_EQ(test.storage.syncs - before, 2);
  // Blocks in the log are synced with it; those of before are durable.
  test.small_writes = 4096;
  test.reopen();
  for (const char* name : {"c", "d"}) {
    write(name, "three");
    before = test.storage.syncs;
    ASSERT_TRUE(test.volume->barrier());
    EXPECT_EQ(test.storage.syncs - before, 1);
  }
  write("d", "four");
  write("d", "five");
  before = test.storage.syncs;
  ASSERT_TRUE(test.volume->barrier());
  EXPECT_EQ(test.storage.syncs - before, 2);
}

// The log may not grow: what fits into free slots of the data file goes there.
TEST_F(OpenTest, AFullDiskTakesOverwrites) {
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
TEST_F(OpenTest, ACheckpointThatFailsMovesNothing) {
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

TEST_F(OpenTest, ReadOnly) {
  write("a", "one");
  test.storage.is_read_only = true;
  OpenOptions options = test.options();
  options.read_only = true;
  ASSERT_EQ(check_of(std::move(options)), "");
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

TEST_F(OpenTest, NoSpaceLeftLosesNothing) {
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
TEST_F(OpenTest, SpaceThatAnotherProcessFilledCanBeFreed) {
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

TEST_F(OpenTest, AFailedSyncIsTheLastChange) {
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
TEST_F(OpenTest, ABarrierHearsOfTheFailureThatACheckpointMet) {
  class Disk : public MemoryStorage {
   public:
    Result<void> sync(HostFile file) override {
      if (during_sync) return std::exchange(during_sync, nullptr)();
      return MemoryStorage::sync(file);
    }
    std::function<Result<void>()> during_sync;
  } disk;
  SoleOwner run;
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

TEST_F(OpenTest, UnlinkedFilesLiveWhileOpen) {
  OneOpenFile openers;
  auto volume = *Volume::open(test.storage, openers, test.options());
  const InodeNumber file = *volume->create(kRootInode, "a", S_IFREG | 0644, 0, 0);
  ASSERT_TRUE(volume->write(file, 0, Bytes(50000, 1)));
  openers.open = file;
  ASSERT_TRUE(volume->unlink(kRootInode, "a", false));
  EXPECT_EQ(volume->attributes(file)->links, 0U);
  ASSERT_TRUE(volume->write(file, 0, Bytes(10, 2)));
  volume->release_if_unlinked(file);
  Bytes to(10);
  EXPECT_EQ(*volume->read(file, 0, to), 10U);
  openers.open = 0;
  const auto blocks = volume->space().data_blocks;
  volume->release_if_unlinked(file);
  EXPECT_EQ(volume->attributes(file).error(), as_errno(ENOENT));
  EXPECT_LT(volume->space().data_blocks, blocks);
  // Left behind by a kill: freed at the next opening.
  const InodeNumber other = *volume->create(kRootInode, "b", S_IFREG | 0644, 0, 0);
  openers.open = other;
  ASSERT_TRUE(volume->unlink(kRootInode, "b", false));
  volume.reset();
  test.reopen();
  EXPECT_EQ(test.volume->attributes(other).error(), as_errno(ENOENT));
}

}  // namespace
}  // namespace redoubt::volume
