// SPDX-License-Identifier: Apache-2.0
//
// Two processes of one run, and a host that shows one of them another history than the one that was written: authentic records of a
// run that was killed, of a write that failed, of another volume of the same key. Nothing of it is read, and nothing is built on it.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <utility>

#include "volume/format.h"
#include "volume/test_volume.h"

namespace redoubt::volume {
namespace {

// Fails one write to a log, and keeps what it wrote.
class LyingStorage : public MemoryStorage {
 public:
  Result<void> write(HostFile file, uint64_t offset, ByteView data) override {
    TRY_VOID(MemoryStorage::write(file, offset, data));
    if (!fail_next || (file != HostFile::kLogA && file != HostFile::kLogB)) return {};
    fail_next = false;
    after_failure = files;
    return fail(EIO);
  }
  Result<size_t> read(HostFile file, uint64_t offset, std::span<uint8_t> to) override {
    const auto size = MemoryStorage::read(file, offset, to);
    if (file == HostFile::kSuperblockA && after_superblock) files = *std::exchange(after_superblock, std::nullopt);
    return size;
  }
  bool fail_next = false;
  HostFiles after_failure;
  std::optional<HostFiles> after_superblock;  // what the host shows once superblock.a was read
};

// Where a process dies after its checkpoint, before it says so.
class DyingOwner final : public OneOpenFile {
 public:
  void publish(const Head& next) override {
    if (!is_dying || next.generation == head().generation) OneOpenFile::publish(next);
  }
  bool is_dying = false;
};

class HistoryTest : public testing::Test {
 protected:
  OpenOptions options() {
    OpenOptions options;
    options.key = key;
    options.clock = [] { return Time{1, 0}; };
    options.random = [this](std::span<uint8_t> out) { random(out); };
    options.report = [this](std::string_view line) { reports.emplace_back(line); };
    options.keeper = &keeper;
    options.expected = keeper.kept;
    return options;
  }
  std::unique_ptr<Volume> opened(Coordination& run, OpenOptions with) {
    auto volume = Volume::open(storage, run, std::move(with));
    EXPECT_TRUE(volume) << volume.error().check;
    return std::move(*volume);
  }
  // A volume with the file, and a tag of it at the keeper.
  void SetUp() override {
    SoleOwner run;
    OpenOptions with = options();
    with.initialise = true;
    const auto volume = opened(run, std::move(with));
    file = *volume->create(kRootInode, "file", S_IFREG | 0644, 0, 0);
    ASSERT_TRUE(volume->write(file, 0, as_bytes(std::string_view("base  "))));
    ASSERT_TRUE(volume->barrier());
    base = storage.files;
  }
  // What a run leaves that writes OLDRUN and is killed before its tag reaches CAS; the host then puts back what was there before.
  // Its records are as long as those of a run that writes NEWRUN.
  HostFiles old_run(bool with_checkpoint) {
    SoleOwner run;
    OpenOptions with = options();
    with.keeper = nullptr;
    const auto volume = opened(run, std::move(with));
    EXPECT_TRUE(volume->write(file, 0, as_bytes(std::string_view("OLDRUN"))));
    EXPECT_TRUE(volume->barrier());
    if (with_checkpoint) {
      EXPECT_TRUE(volume->checkpoint());
    }
    HostFiles left = storage.files;
    storage.files = base;
    return left;
  }
  std::string read(Volume& volume) {
    std::string text(64, '?');
    const auto size = volume.read(file, 0, {reinterpret_cast<uint8_t*>(text.data()), text.size()});
    if (!size) return "error " + std::to_string(number_of(size.error()));
    text.resize(*size);
    return text;
  }
  // Reads nothing, changes nothing, makes nothing durable, and says so.
  void expect_refusal(Volume& volume) {
    EXPECT_EQ(read(volume), "error " + std::to_string(EIO));
    EXPECT_EQ(volume.write(file, 6, as_bytes(std::string_view("+B"))).error(), as_errno(EIO));
    EXPECT_FALSE(volume.barrier());
    EXPECT_FALSE(reports.empty());
  }
  void expect_newest(std::string_view text) {
    SoleOwner run;
    EXPECT_EQ(read(*opened(run, options())), text);
  }

  Bytes key = test_key();
  TestRandom random;
  LyingStorage storage;
  TestKeeper keeper;
  std::vector<std::string> reports;
  InodeNumber file = 0;
  HostFiles base;
};

TEST_F(HistoryTest, AnotherRunsRecordsShownToAFollower) {
  const HostFiles old = old_run(false);
  SoleOwner run;
  const auto a = opened(run, options());
  const auto b = *Volume::join(storage, run, options());
  EXPECT_EQ(read(*b), "base  ");
  ASSERT_TRUE(a->write(file, 0, as_bytes(std::string_view("NEWRUN"))));
  ASSERT_TRUE(a->barrier());
  const HostFiles good = storage.files;
  const Tag kept = *keeper.kept;
  storage.files = old;
  expect_refusal(*b);
  EXPECT_EQ(*keeper.kept, kept);
  // Whoever has seen another history uses nothing any more, even when the host shows the right one.
  storage.files = good;
  expect_refusal(*b);
  EXPECT_EQ(read(*a), "NEWRUN");
  expect_newest("NEWRUN");
}

TEST_F(HistoryTest, AnotherRunsRecordsShownToOneThatJoins) {
  const HostFiles old = old_run(false);
  SoleOwner run;
  const auto a = opened(run, options());
  ASSERT_TRUE(a->write(file, 0, as_bytes(std::string_view("NEWRUN"))));
  ASSERT_TRUE(a->barrier());
  const HostFiles good = storage.files;
  storage.files = old;
  const auto b = Volume::join(storage, run, options());
  ASSERT_FALSE(b);
  EXPECT_EQ(b.error().check, "volume.log");
  storage.files = good;
  EXPECT_TRUE(Volume::join(storage, run, options()));
}

// The same over a checkpoint: generation and place are equal, the history is another.
TEST_F(HistoryTest, AnotherRunsCheckpoint) {
  const HostFiles old = old_run(true);
  SoleOwner run;
  const auto a = opened(run, options());
  const auto b = *Volume::join(storage, run, options());
  ASSERT_TRUE(a->write(file, 0, as_bytes(std::string_view("NEWRUN"))));
  ASSERT_TRUE(a->barrier());
  ASSERT_TRUE(a->checkpoint());
  const HostFiles good = storage.files;
  storage.files = old;
  expect_refusal(*b);
  EXPECT_FALSE(Volume::join(storage, run, options()));
  storage.files = good;
  EXPECT_EQ(read(*a), "NEWRUN");
  expect_newest("NEWRUN");
}

// The host says that a write failed, and keeps it: the process writes another record to the same place.
TEST_F(HistoryTest, ARecordThatWasNotWritten) {
  SoleOwner run;
  const auto a = opened(run, options());
  const auto b = *Volume::join(storage, run, options());
  storage.fail_next = true;
  EXPECT_FALSE(a->write(file, 0, as_bytes(std::string_view("BAD   "))));
  ASSERT_TRUE(a->write(file, 0, as_bytes(std::string_view("GOOD  "))));
  EXPECT_EQ(read(*a), "GOOD  ");
  const HostFiles good = storage.files;
  storage.files = storage.after_failure;
  expect_refusal(*b);
  storage.files = good;
  EXPECT_EQ(read(*a), "GOOD  ");
}

// A process died in a checkpoint, and another one takes it up. What it uses is the superblock that it checked, whatever the host has
// in that file a moment later.
TEST_F(HistoryTest, ACheckpointOfADeadProcess) {
  const HostFiles old = old_run(true);
  DyingOwner run;
  auto a = opened(run, options());
  const auto b = *Volume::join(storage, run, options());
  ASSERT_TRUE(a->write(file, 0, as_bytes(std::string_view("NEWRUN"))));
  run.is_dying = true;
  ASSERT_TRUE(a->checkpoint());
  a.reset();
  run.is_dying = false;
  const uint64_t generation = run.head().generation;
  HostFiles next = storage.files;
  next[static_cast<size_t>(HostFile::kSuperblockA)] = old[static_cast<size_t>(HostFile::kSuperblockA)];
  storage.after_superblock = next;
  ASSERT_TRUE(b->write(file, 6, as_bytes(std::string_view("+B"))));
  EXPECT_FALSE(storage.after_superblock);
  EXPECT_EQ(run.head().generation, generation + 1);
  EXPECT_EQ(read(*b), "NEWRUN+B");
  EXPECT_TRUE(reports.empty()) << reports.front();
}

// Another volume of the same key in place of this one, while a process looks for the checkpoint that another one wrote.
TEST_F(HistoryTest, AnotherVolumeOfTheKey) {
  LyingStorage other;
  SoleOwner others;
  OpenOptions with = options();
  with.expected.reset();
  with.keeper = nullptr;
  with.initialise = true;
  const auto foreign = *Volume::open(other, others, std::move(with));
  ASSERT_TRUE(foreign->create(kRootInode, "file", S_IFREG | 0644, 0, 0));
  ASSERT_TRUE(foreign->checkpoint());

  SoleOwner run;
  const auto a = opened(run, options());
  const auto b = *Volume::join(storage, run, options());
  ASSERT_TRUE(a->write(file, 0, as_bytes(std::string_view("NEWRUN"))));
  ASSERT_TRUE(a->checkpoint());
  ASSERT_EQ(run.head().generation, others.head().generation);
  const HostFiles good = storage.files;
  storage.files = other.files;
  EXPECT_EQ(read(*b), "error " + std::to_string(EIO));
  EXPECT_FALSE(Volume::join(storage, run, options()));
  ASSERT_FALSE(reports.empty());
  EXPECT_TRUE(reports.front().starts_with("volume: superblock.a: ")) << reports.front();
  // It was a file that is not there for now: nothing of it was taken over, the keys neither.
  storage.files = good;
  EXPECT_EQ(read(*b), "NEWRUN");
  ASSERT_TRUE(b->write(file, 0, as_bytes(std::string_view("AFTER "))));
  EXPECT_EQ(read(*a), "AFTER ");
}

}  // namespace
}  // namespace redoubt::volume
