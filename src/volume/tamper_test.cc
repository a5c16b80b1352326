// SPDX-License-Identifier: Apache-2.0
//
// A host that changes what it keeps: every file flipped, truncated, emptied, deleted, swapped, replayed. Refused at opening, or EIO
// and a line where the damage is read; never other data than what was written, and with a tag never an older state.
#include <gtest/gtest.h>

#include "volume/engine.h"
#include "volume/log.h"
#include "volume/model.h"
#include "volume/superblock.h"
#include "volume/test_volume.h"

namespace redoubt::volume {
namespace {

class TamperTest : public testing::Test {
 protected:
  // Five generations, the last with a log; all of it promised.
  void SetUp() override {
    test.small_writes = 60 << 10;
    test.initialise();
    RandomOperations random(11);
    Model model;
    for (int round = 0; round < 5; ++round) {
      for (int i = 0; i < 60; ++i) ASSERT_EQ(random.step(*test.volume, model), 0);
      barrier();
      history.push_back(describe(*test.volume));
      copies.push_back(test.storage.files);
      if (round < 4) {
        ASSERT_TRUE(test.volume->checkpoint());
        barrier();
      }
    }
    newest = test.storage.files;
    right = describe(*test.volume);
    const auto space = test.volume->space();
    ASSERT_GT(space.blocks_in_log, 5U);
    ASSERT_GT(space.data_blocks - space.blocks_in_log, 5U);
    test.volume.reset();
    find_records();
  }
  // Where the records of the log in force lie, and the blocks behind them.
  void find_records() {
    MemoryStorage storage(newest);
    KeyRing keys(test.key, [](size_t size) {
      static std::vector<uint8_t> memory;
      memory.resize(size + 64);
      return std::span<uint8_t>{memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64), size};
    });
    const Superblock superblock = read_superblock(storage, keys, superblock_of(5), Whose::kAny).superblock;
    LogPosition at{superblock.generation, 0, superblock.sequence, superblock.chain};
    LogReader reader(storage, keys);
    Operation operation;
    for (uint64_t begin = 0; *reader.next(at, operation); begin = at.offset) {
      RecordHeader header;
      std::memcpy(&header, bytes(newest, log_of(5)).data() + begin, sizeof header);
      for (uint64_t i = 0; i < header.size; ++i) record_bytes.push_back(begin + i);
      for (uint64_t block = begin + header.size; block < at.offset; block += kBlockSize) log_blocks.push_back(block);
    }
    log_end = at.offset;
    ASSERT_GT(record_bytes.size(), 4000U);
    ASSERT_GT(log_blocks.size(), 10U);
  }
  void barrier() {
    // A barrier of a volume with a keeper; without changes there is none.
    ASSERT_TRUE(test.volume->create(kRootInode, "mark" + std::to_string(++marks), S_IFREG, 0, 0));
    ASSERT_TRUE(test.volume->barrier());
    expected = test.volume->tag();
  }

  enum class Outcome { kRefused, kDamageSeen, kUnharmed };
  // Opens `files` and reads everything.
  Outcome try_files(const HostFiles& files, bool with_tag = true) {
    TestVolume other;
    other.storage.files = files;
    OpenOptions options = other.options();
    if (with_tag) options.expected = expected;
    const auto failure = other.open(std::move(options));
    if (failure) {
      EXPECT_TRUE(failure->check.starts_with("volume.")) << failure->check;
      EXPECT_FALSE(failure->expected.empty() || failure->found.empty() || failure->remedy.empty());
      last_check = failure->check;
      return Outcome::kRefused;
    }
    const Description found = describe(*other.volume);
    if (!with_tag) {
      for (const Description& state : history) {
        if (found == state) return Outcome::kUnharmed;
      }
    }
    bool seen = false;
    for (const auto& [path, line] : found) {
      const auto wanted = right.find(path);
      EXPECT_NE(wanted, right.end()) << path;
      if (wanted == right.end()) continue;
      if (line == "EIO") {
        seen = true;
      } else {
        EXPECT_EQ(line, wanted->second) << path;
      }
    }
    EXPECT_EQ(found.size(), right.size());
    EXPECT_EQ(seen, !other.reports.empty());
    return seen ? Outcome::kDamageSeen : Outcome::kUnharmed;
  }
  static std::vector<uint8_t>& bytes(HostFiles& files, HostFile file) { return *files[static_cast<size_t>(file)]; }

  TestVolume test;
  int marks = 0;
  std::optional<Tag> expected;
  std::vector<HostFiles> copies;
  std::vector<Description> history;
  HostFiles newest;
  Description right;
  std::vector<size_t> record_bytes, log_blocks;  // offsets
  uint64_t log_end = 0;
  std::string last_check;
};

TEST_F(TamperTest, UnharmedWhenNothingIsDone) { EXPECT_EQ(try_files(newest), Outcome::kUnharmed); }

TEST_F(TamperTest, BitsFlipped) {
  std::mt19937_64 random(3);
  int refused = 0, seen = 0;
  for (int i = 0; i < kHostFiles; ++i) {
    const auto file = static_cast<HostFile>(i);
    const auto& whole = *newest[i];
    const size_t step = std::max<size_t>(1, whole.size() / 300);
    for (size_t at = 0; at < whole.size(); at += step) {
      HostFiles files = newest;
      const size_t place = at < 128 ? at : std::min(whole.size() - 1, at + random() % step);
      bytes(files, file)[place] ^= static_cast<uint8_t>(1 << (random() % 8));
      const Outcome outcome = try_files(files);
      refused += outcome == Outcome::kRefused;
      seen += outcome == Outcome::kDamageSeen;
      ASSERT_FALSE(HasFailure()) << name_of(file) << " at " << place;
    }
  }
  EXPECT_GT(refused, 100);
  EXPECT_GT(seen, 50);
}

// Every bit of a header counts, and every byte of a record.
TEST_F(TamperTest, EveryByteOfTheSuperblockInForceAndOfRecords) {
  const HostFile superblock = superblock_of(5), log = log_of(5);
  for (size_t at = 0; at < kSuperblockSize; at += at < 128 ? 1 : 37) {
    HostFiles files = newest;
    bytes(files, superblock)[at] ^= 1;
    EXPECT_EQ(try_files(files), Outcome::kRefused) << at;
  }
  for (size_t i = 0; i < 2000; ++i) {
    const size_t at = record_bytes[i];
    HostFiles files = newest;
    bytes(files, log)[at] ^= 0x80;
    EXPECT_EQ(try_files(files), Outcome::kRefused) << at;
    if (i % 20 == 0) {
      EXPECT_EQ(try_files(files, false), Outcome::kRefused) << at << ": later records tell";
      EXPECT_EQ(last_check, "volume.log");
    }
  }
}

TEST_F(TamperTest, Truncated) {
  for (int i = 0; i < kHostFiles; ++i) {
    const auto file = static_cast<HostFile>(i);
    for (int part = 0; part < 20; ++part) {
      HostFiles files = newest;
      bytes(files, file).resize(bytes(files, file).size() * static_cast<size_t>(part) / 20);
      const Outcome outcome = try_files(files);
      ASSERT_FALSE(HasFailure()) << name_of(file) << " to " << part << "/20";
      const bool is_old = file == log_of(4) || file == checkpoint_of(4);
      // What a log has ahead are zeros.
      const bool is_spare = file == log_of(5) && bytes(files, file).size() >= std::max(kLogReserve, log_end);
      EXPECT_EQ(outcome, is_old || is_spare ? Outcome::kUnharmed : Outcome::kRefused)
          << name_of(file) << " to " << part << "/20";
      try_files(files, false);
    }
  }
}

TEST_F(TamperTest, MissingEmptyAndTruncatedHaveTheirNames) {
  for (int i = 0; i < kHostFiles; ++i) {
    HostFiles files = newest;
    files[i].reset();
    EXPECT_EQ(try_files(files, false), Outcome::kRefused);
    EXPECT_EQ(last_check, "volume.file.missing");
  }
  HostFiles files = newest;
  bytes(files, superblock_of(5)).clear();
  EXPECT_EQ(try_files(files, false), Outcome::kRefused);
  EXPECT_EQ(last_check, "volume.file.empty");
  for (const HostFile file : {log_of(5), checkpoint_of(5), HostFile::kData}) {
    files = newest;
    bytes(files, file).resize(100);
    EXPECT_EQ(try_files(files, false), Outcome::kRefused);
    EXPECT_EQ(last_check, "volume.file.truncated") << name_of(file);
  }
}

TEST_F(TamperTest, Swapped) {
  for (const int first : {0, 2, 4}) {
    HostFiles files = newest;
    std::swap(files[first], files[first + 1]);
    EXPECT_EQ(try_files(files), Outcome::kRefused) << first;
    EXPECT_EQ(try_files(files, false), Outcome::kRefused) << first;
  }
  // Slots of the data file, all neighbours.
  const size_t slots = bytes(newest, HostFile::kData).size() / kBlockSize;
  int seen = 0;
  for (size_t slot = 1; slot + 1 < slots; ++slot) {
    HostFiles files = newest;
    auto& data = bytes(files, HostFile::kData);
    const auto at = data.begin() + static_cast<ptrdiff_t>(slot * kBlockSize);
    std::swap_ranges(at, at + kBlockSize, at + kBlockSize);
    seen += try_files(files) != Outcome::kUnharmed;
  }
  EXPECT_GT(seen, 10);
}

// Flipped, exchanged, and an old block of the same place of the same file: EIO, or nobody names it any more.
TEST_F(TamperTest, BlocksInTheLog) {
  const HostFile log = log_of(5);
  int flips_seen = 0, swaps_seen = 0;
  for (size_t i = 0; i < log_blocks.size(); ++i) {
    const auto at = static_cast<ptrdiff_t>(log_blocks[i]);
    for (const bool with_tag : {true, false}) {
      HostFiles files = newest;
      bytes(files, log)[log_blocks[i] + i * 97 % kBlockSize] ^= 1;
      const Outcome outcome = try_files(files, with_tag);
      EXPECT_NE(outcome, Outcome::kRefused) << at;
      flips_seen += outcome == Outcome::kDamageSeen;
      if (i == 0) continue;
      files = newest;
      auto& all = bytes(files, log);
      std::swap_ranges(all.begin() + at, all.begin() + at + kBlockSize,
                       all.begin() + static_cast<ptrdiff_t>(log_blocks[i - 1]));
      swaps_seen += try_files(files, with_tag) == Outcome::kDamageSeen;
    }
  }
  EXPECT_GT(flips_seen, 10);
  EXPECT_GT(swaps_seen, 10);
  // The content of a file before its last change, put where the last is.
  test.storage.files = newest;
  test.reopen();
  const InodeNumber file = *test.volume->create(kRootInode, "fresh", S_IFREG | 0644, 0, 0);
  ASSERT_TRUE(test.volume->write(file, 0, Bytes(kBlockSize, 'a')));
  const uint64_t old_end = test.volume->space().log_bytes;
  ASSERT_TRUE(test.volume->write(file, 0, Bytes(kBlockSize, 'b')));
  const uint64_t end = test.volume->space().log_bytes;
  auto& all = bytes(test.storage.files, log);
  std::copy_n(all.begin() + static_cast<ptrdiff_t>(old_end - kBlockSize), kBlockSize,
              all.begin() + static_cast<ptrdiff_t>(end - kBlockSize));
  EXPECT_EQ(test.content(file), "error " + std::to_string(EIO));
}

TEST_F(TamperTest, Replayed) {
  for (size_t copy = 0; copy + 1 < copies.size(); ++copy) {
    SCOPED_TRACE("copy " + std::to_string(copy));
    EXPECT_EQ(try_files(copies[copy]), Outcome::kRefused);
    EXPECT_EQ(last_check, "volume.rollback");
    EXPECT_EQ(try_files(copies[copy], false), Outcome::kUnharmed) << "nobody kept a tag";
    for (int i = 0; i < kHostFiles; ++i) {
      HostFiles files = newest;
      files[i] = copies[copy][i];
      const Outcome outcome = try_files(files);
      if (i <= static_cast<int>(HostFile::kSuperblockB) && files[i] != newest[i]) {
        EXPECT_EQ(outcome, Outcome::kRefused);
      }
      ASSERT_FALSE(HasFailure()) << name_of(static_cast<HostFile>(i));
      try_files(files, false);
      ASSERT_FALSE(HasFailure()) << name_of(static_cast<HostFile>(i)) << " without a tag";
      // Two at a time.
      for (int k = i + 1; k < kHostFiles; ++k) {
        HostFiles pair = files;
        pair[k] = copies[copy][k];
        try_files(pair);
        ASSERT_FALSE(HasFailure());
      }
    }
  }
}

TEST_F(TamperTest, DamageWhileOpen) {
  test.storage.files = newest;
  test.small_writes = 0;
  test.reopen();
  const InodeNumber file = *test.volume->create(kRootInode, "fresh", S_IFREG | 0644, 0, 0);
  ASSERT_TRUE(test.volume->write(file, 0, Bytes(3 * kBlockSize, 9)));
  auto& data = bytes(test.storage.files, HostFile::kData);
  for (size_t at = kBlockSize; at < data.size(); at += kBlockSize) data[at] ^= 1;
  Bytes to(3 * kBlockSize, 0x55);
  EXPECT_EQ(test.volume->read(file, 0, to).error(), as_errno(EIO));
  EXPECT_EQ(to[0], 0);  // not the plaintext, not the ciphertext
  ASSERT_FALSE(test.reports.empty());
  EXPECT_NE(test.reports[0].find("data.0: offset "), std::string::npos);
  EXPECT_FALSE(test.volume->verify().empty());
  // What is written anew is whole again.
  ASSERT_TRUE(test.volume->write(file, 0, Bytes(3 * kBlockSize, 8)));
  EXPECT_EQ(*test.volume->read(file, 0, to), to.size());
  EXPECT_EQ(to[5000], 8);
}

}  // namespace
}  // namespace redoubt::volume
