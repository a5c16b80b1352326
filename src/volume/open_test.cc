// SPDX-License-Identifier: Apache-2.0
//
// Opening: what is refused and how it is said, tags and rollback over checkpoints, keepers that refuse.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <utility>

#include "volume/format.h"
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
  void write(std::string_view name, std::string_view text) { test.put(name, text); }
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
