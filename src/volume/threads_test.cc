// SPDX-License-Identifier: Apache-2.0
//
// Several threads on one Volume. Each has a directory of its own and a model of it, so that every answer can be checked at once; what
// they share is everything below: log, index, slots, cache, key schedules, barriers and checkpoints. Run it under ThreadSanitizer, too
// (docs/debugging.md).
#include <atomic>
#include <mutex>
#include <thread>

#include "volume/model.h"
#include "volume/test_volume.h"

namespace redoubt::volume {
namespace {

// The host's files take one call at a time; tests of torn reads are fork_test's.
class LockedStorage : public Storage {
 public:
  Result<size_t> read(HostFile file, uint64_t offset, std::span<uint8_t> to) override {
    const std::scoped_lock lock(mutex_);
    return files_.read(file, offset, to);
  }
  Result<void> write(HostFile file, uint64_t offset, ByteView bytes) override {
    const std::scoped_lock lock(mutex_);
    return files_.write(file, offset, bytes);
  }
  Result<void> sync(HostFile file) override {
    const std::scoped_lock lock(mutex_);
    return files_.sync(file);
  }
  Result<uint64_t> size(HostFile file) override {
    const std::scoped_lock lock(mutex_);
    return files_.size(file);
  }
  Result<void> truncate(HostFile file, uint64_t size) override {
    const std::scoped_lock lock(mutex_);
    return files_.truncate(file, size);
  }
  void discard(HostFile file, uint64_t offset, uint64_t size) override {
    const std::scoped_lock lock(mutex_);
    files_.discard(file, offset, size);
  }

 private:
  std::mutex mutex_;
  MemoryStorage files_;
};

constexpr int kThreads = 4, kSteps = 500;

class VolumeThreads : public testing::Test {
 protected:
  void SetUp() override {
    OpenOptions with = options();
    with.initialise = true;
    ASSERT_EQ(text_of(test.open(std::move(with), &storage)), "");
  }
  OpenOptions options() {
    OpenOptions options = test.options();
    options.log_limit = 100'000;  // checkpoints of the engine's own, too
    options.keeper = &keeper;
    options.report = [this](std::string_view line) {
      const std::scoped_lock lock(reports_mutex);
      test.reports.emplace_back(line);
    };
    return options;
  }
  static Model model_of(InodeNumber directory) {
    Model model;
    model.nodes = {{directory, Model::Node{S_IFDIR | 0755, {}, {}, {}, 1}}};
    return model;
  }
  static Description description(Volume& volume, InodeNumber directory) {
    Description out;
    describe(volume, directory, "", out);
    return out;
  }
  static Description description(const Model& model, InodeNumber directory) {
    Description out;
    describe(model, directory, "", out);
    return out;
  }

  LockedStorage storage;
  TestVolume test;
  TestKeeper keeper;
  std::mutex reports_mutex;
};

TEST_F(VolumeThreads, EachSeesItsOwnDirectoryAsItsModel) {
  struct Own {
    InodeNumber directory = 0;
    Model model;
    int wrong = 0;
  };
  std::vector<Own> own(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    own[i].directory = *test.volume->create(kRootInode, "thread" + std::to_string(i), S_IFDIR | 0755, 0, 0);
    own[i].model = model_of(own[i].directory);
  }
  const InodeNumber log = *test.volume->create(kRootInode, "log", S_IFREG | 0644, 0, 0);

  const auto work = [&](int i) {
    Own& mine = own[i];
    Volume& volume = *test.volume;
    RandomOperations random(static_cast<uint64_t>(i) + 1);
    for (int step = 0; step < kSteps; ++step) {
      mine.wrong += random.step(volume, mine.model) != 0;
      if (random.below(30) == 0) mine.wrong += !volume.barrier();
      if (random.below(100) == 0) mine.wrong += !volume.checkpoint();
      if (random.below(50) == 0) {
        mine.wrong += description(volume, mine.directory) != description(mine.model, mine.directory);
      }
      if (random.below(20) == 0) {
        const std::string line(10 + random.below(100), static_cast<char>('a' + i));
        mine.wrong += !volume.append(log, as_bytes(line + "\n"));
      }
    }
  };
  std::atomic<bool> stop = false;
  std::atomic<int> unreadable = 0;
  // Goes through everybody's files while they change; what has gone meanwhile is ENOENT, what is not as written would be EIO.
  std::thread reader([&] {
    Bytes to(20000);
    while (!stop) {
      for (const Own& each : own) {
        const auto entries = test.volume->list(each.directory, 0, 1000);
        if (!entries) ++unreadable;
        for (const DirectoryEntry& entry : entries.value_or(std::vector<DirectoryEntry>{})) {
          const auto attributes = test.volume->attributes(entry.inode);
          const auto read = test.volume->read(entry.inode, 0, to);
          unreadable += !attributes && attributes.error() != as_errno(ENOENT);
          unreadable += !read && read.error() == as_errno(EIO);
        }
      }
      (void)test.volume->is_dirty();
      (void)test.volume->space();
      (void)test.volume->tag();
    }
  });
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  stop = true;
  reader.join();

  EXPECT_EQ(unreadable, 0);
  const auto check = [&] {
    for (const Own& each : own) {
      EXPECT_EQ(each.wrong, 0);
      EXPECT_EQ(description(*test.volume, each.directory), description(each.model, each.directory));
    }
    const std::string text = test.content(log);
    for (size_t at = 0; at < text.size();) {
      const size_t end = text.find('\n', at);
      ASSERT_NE(end, std::string::npos);
      EXPECT_EQ(text.substr(at, end - at), std::string(end - at, text[at])) << "lines are appended whole";
      at = end + 1;
    }
    EXPECT_TRUE(test.volume->verify().empty());
    EXPECT_TRUE(test.reports.empty());
  };
  check();
  ASSERT_TRUE(test.volume->barrier());
  EXPECT_FALSE(test.volume->is_dirty());
  // What the keeper was told last is in the history.
  OpenOptions again = options();
  again.expected = keeper.kept;
  ASSERT_EQ(text_of(test.open(std::move(again), &storage)), "");
  check();
}

// Barriers of many threads are one another's: the tags that the keeper sees only grow.
TEST_F(VolumeThreads, TagsGrow) {
  class GrowingKeeper : public TagKeeper {
   public:
    Result<void> keep(const Tag& tag) override {
      const std::scoped_lock lock(mutex);
      wrong += tag.sequence <= last;
      last = tag.sequence;
      ++count;
      return {};
    }
    std::mutex mutex;
    uint64_t last = 0;
    int count = 0, wrong = 0;
  } growing;
  OpenOptions with = options();
  with.keeper = &growing;
  ASSERT_FALSE(test.open(std::move(with), &storage));
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const auto file = test.volume->create(kRootInode, "f" + std::to_string(i), S_IFREG | 0600, 0, 0);
      if (!file) ++failed;
      for (int line = 0; line < 100; ++line) {
        failed += !test.volume->append(*file, as_bytes(std::to_string(line)));
        failed += !test.volume->barrier();
        if (line % 40 == 39) failed += !test.volume->checkpoint();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(growing.wrong, 0);
  EXPECT_GE(growing.count, 100);
  EXPECT_LE(growing.last, test.volume->tag().sequence);
  EXPECT_FALSE(test.volume->is_dirty());
}

}  // namespace
}  // namespace redoubt::volume
