// SPDX-License-Identifier: Apache-2.0
//
// Real processes on one volume: storage, head and locks in shared memory, and the memory for keys shared with children as sealed
// memory is. Parent and child write at the same time; nothing is lost, and no nonce is used twice.
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <new>
#include <set>
#include <thread>
#include <utility>

#include "volume/format.h"
#include "volume/shared_storage.h"
#include "volume/test_volume.h"

namespace redoubt::volume {
namespace {

class SharedCoordination : public Coordination {
 public:
  SharedCoordination() : shared_(new (shared_memory(sizeof(Shared))) Shared) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&shared_->mutex, &attributes);
    pthread_mutex_init(&shared_->barrier, &attributes);
  }
  ~SharedCoordination() override { munmap(shared_, sizeof(Shared)); }
  static void take(pthread_mutex_t& mutex) {
    if (pthread_mutex_lock(&mutex) == EOWNERDEAD) pthread_mutex_consistent(&mutex);
  }
  void lock() override { take(shared_->mutex); }
  void unlock() override { pthread_mutex_unlock(&shared_->mutex); }
  void lock_barrier() override { take(shared_->barrier); }
  void unlock_barrier() override { pthread_mutex_unlock(&shared_->barrier); }
  Head head() const override {
    for (;;) {
      const uint64_t before = shared_->version;
      Head head{shared_->generation, shared_->offset, shared_->sequence};
      const uint64_t chain[2] = {shared_->chain[0], shared_->chain[1]};
      std::memcpy(head.chain.data(), chain, sizeof chain);
      if (before % 2 == 0 && shared_->version == before) return head;
    }
  }
  void publish(const Head& head) override {
    if (shared_->version % 2 != 0) ++shared_->version;  // of a dead one
    ++shared_->version;
    shared_->generation = head.generation;
    shared_->offset = head.offset;
    shared_->sequence = head.sequence;
    uint64_t chain[2];
    std::memcpy(chain, head.chain.data(), sizeof chain);
    for (int i = 0; i < 2; ++i) shared_->chain[i] = chain[i];
    ++shared_->version;
  }
  uint64_t settled() const override { return shared_->settled; }
  void settle(uint64_t sequence) override { shared_->settled = sequence; }
  bool is_stopped() const override { return shared_->is_stopped; }
  void stop() override { shared_->is_stopped = true; }
  bool is_open(InodeNumber) const override { return false; }

 private:
  struct Shared {
    pthread_mutex_t mutex, barrier;
    std::atomic<uint64_t> version = 0, generation = 0, offset = 0, sequence = 0, settled = 0;
    std::array<std::atomic<uint64_t>, 2> chain{};
    std::atomic<bool> is_stopped = false;
  };
  Shared* shared_;
};

// As the kernel: a failure is told once, to one of the processes that share a description.
class FailingStorage : public SharedStorage {
 public:
  Result<void> sync(HostFile) override {
    if (!std::exchange(fails_once_, false)) return {};
    return fail(EIO);
  }
  void fail_once() { fails_once_ = true; }

 private:
  bool fails_once_ = false;
};

class ForkTest : public testing::Test {
 protected:
  OpenOptions options() {
    OpenOptions options;
    options.key = key;
    options.clock = [] { return Time{1, 0}; };
    options.random = [](std::span<uint8_t> out) { ASSERT_EQ(getentropy(out.data(), out.size()), 0); };
    options.secret_memory = [](size_t size) {
      return std::span<uint8_t>{static_cast<uint8_t*>(shared_memory(size)), size};
    };
    return options;
  }
  void SetUp() override {
    OpenOptions with = options();
    with.initialise = true;
    volume = *Volume::open(storage, coordination, std::move(with));
  }
  pid_t fork_child() {
    volume->lock_for_fork();
    const pid_t pid = fork();
    volume->unlock_after_fork(pid == 0);
    return pid;
  }

  Bytes key = test_key();
  FailingStorage storage;
  SharedCoordination coordination;
  std::unique_ptr<Volume> volume;
};

TEST_F(ForkTest, ParentAndChildrenWriteAtTheSameTime) {
  constexpr int kLines = 400, kChildren = 3;
  const InodeNumber file = *volume->create(kRootInode, "log", S_IFREG | 0644, 0, 0);
  const auto write_lines = [&](char who) {
    for (int i = 0; i < kLines; ++i) {
      const std::string line(static_cast<size_t>(20 + i % 50), who);
      if (!volume->append(file, as_bytes(line + "\n"))) return false;
      if (i % 100 == 50 && !volume->barrier()) return false;
      if (who == 'b' && i % 150 == 149 && !volume->checkpoint()) return false;
    }
    return true;
  };
  std::vector<pid_t> children;
  for (int i = 0; i < kChildren; ++i) {
    const pid_t pid = fork_child();
    ASSERT_GE(pid, 0);
    if (pid == 0) _exit(write_lines(static_cast<char>('b' + i)) ? 0 : 1);
    children.push_back(pid);
  }
  ASSERT_TRUE(write_lines('a'));
  for (const pid_t pid : children) {
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    ASSERT_EQ(status, 0);
  }
  std::string text(volume->attributes(file)->size, '\0');
  ASSERT_EQ(*volume->read(file, 0, {reinterpret_cast<uint8_t*>(text.data()), text.size()}), text.size());
  std::map<char, int> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    ASSERT_EQ(text.substr(at, end - at), std::string(end - at, text[at]));
    ASSERT_EQ(end - at, static_cast<size_t>(20 + lines[text[at]]++ % 50));
    at = end + 1;
  }
  EXPECT_EQ(lines.size(), size_t{1} + kChildren);
  for (const auto& [who, count] : lines) EXPECT_EQ(count, kLines);

  // Every record names its key and nonce.
  std::set<std::pair<Epoch, uint64_t>> nonces;
  std::set<Epoch> epochs;
  size_t records = 0;
  for (const HostFile log : {HostFile::kLogA, HostFile::kLogB}) {
    const ByteView bytes = storage.bytes(log);
    for (size_t at = 0; at + sizeof(RecordHeader) <= bytes.size();) {
      RecordHeader header;
      std::memcpy(&header, bytes.data() + at, sizeof header);
      if (header.magic != kRecordMagic) {
        at += kRecordAlignment;  // in a block behind its record
        continue;
      }
      Epoch epoch;
      std::copy_n(header.epoch, epoch.size(), epoch.begin());
      nonces.insert({epoch, header.counter});
      epochs.insert(epoch);
      ++records;
      at += header.size;
    }
  }
  EXPECT_EQ(nonces.size(), records);
  EXPECT_GT(records, 100U);
  EXPECT_GE(epochs.size(), 2U);  // those of the last two generations
  volume.reset();
  SoleOwner alone;
  EXPECT_TRUE(Volume::open(storage, alone, options()).has_value());
}

TEST_F(ForkTest, AChildKilledAnywhereLeavesTheOthersWorking) {
  const InodeNumber file = *volume->create(kRootInode, "log", S_IFREG | 0644, 0, 0);
  for (int round = 0; round < 20; ++round) {
    const uint64_t before = volume->attributes(file)->size;
    const pid_t pid = fork_child();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      for (;;) {
        (void)volume->append(file, as_bytes("0123456789"));
        (void)volume->checkpoint();
      }
    }
    // Until the child has written something; then at any moment.
    while (volume->attributes(file)->size < before + 10 * static_cast<uint64_t>(round + 1)) std::this_thread::yield();
    ASSERT_EQ(kill(pid, SIGKILL), 0);
    ASSERT_EQ(waitpid(pid, nullptr, 0), pid);
    ASSERT_TRUE(volume->append(file, as_bytes("0123456789")));
    EXPECT_EQ(volume->attributes(file)->size % 10, 0U);
    SoleOwner alone;
    const auto again = Volume::open(storage, alone, options());
    ASSERT_TRUE(again) << again.error().check << ": " << again.error().found;
    EXPECT_EQ((*again)->attributes(file)->size, volume->attributes(file)->size);
    EXPECT_TRUE((*again)->verify().empty());
  }
}

TEST_F(ForkTest, WhatOneProcessCouldNotMakeDurableStopsAllOfThem) {
  const InodeNumber file = *volume->create(kRootInode, "a", S_IFREG | 0644, 0, 0);
  ASSERT_TRUE(volume->barrier());
  const pid_t pid = fork_child();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    storage.fail_once();
    const bool is_written = volume->write(file, 0, as_bytes("lost?")).has_value();
    _exit(is_written && !volume->barrier() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  ASSERT_EQ(status, 0);
  const auto expect_stopped = [&](Volume& process) {
    EXPECT_EQ(process.write(file, 0, as_bytes("more")).error(), as_errno(EIO));
    EXPECT_EQ(process.barrier().error(), as_errno(EIO));
    EXPECT_EQ(process.attributes(file)->size, 5U);
  };
  expect_stopped(*volume);
  // A program that exec brought.
  expect_stopped(**Volume::join(storage, coordination, options()));
  SharedCoordination next_run;
  const auto reopened = *Volume::open(storage, next_run, options());
  EXPECT_TRUE(reopened->write(file, 0, as_bytes("more")));
  EXPECT_TRUE(reopened->barrier());
}

// fork comes while other threads are anywhere in the volume; the child finds locks that it can take, and writes.
TEST_F(ForkTest, ForksBesideThreadsThatWork) {
  constexpr int kWorkers = 2, kChildren = 8, kLines = 30;
  const InodeNumber file = *volume->create(kRootInode, "log", S_IFREG | 0644, 0, 0);
  const InodeNumber other = *volume->create(kRootInode, "other", S_IFREG | 0644, 0, 0);
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> workers;
  workers.reserve(kWorkers);
  for (int i = 0; i < kWorkers; ++i) {
    workers.emplace_back([&, i] {
      Bytes to(size_t{5} * kBlockSize);
      for (uint64_t round = 0; !stop; ++round) {
        wrong += !volume->write(other, uint64_t{kBlockSize} * static_cast<uint64_t>(i) + round % 100,
                                Bytes(kBlockSize, static_cast<uint8_t>(round)));
        wrong += !volume->read(other, 0, to);
        if (round % 20 == 0) wrong += !volume->barrier();
        if (round % 100 == 0) wrong += !volume->checkpoint();
      }
    });
  }
  std::vector<pid_t> children;
  for (int i = 0; i < kChildren; ++i) {
    const pid_t pid = fork_child();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      int failed = 0;
      for (int line = 0; line < kLines; ++line) {
        failed += !volume->append(file, as_bytes("0123456789"));
        if (line % 10 == 0) failed += !volume->barrier();
      }
      _exit(failed == 0 ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  stop = true;
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(volume->attributes(file)->size, 10U * kLines * kChildren);
  EXPECT_TRUE(volume->verify().empty());
}

TEST_F(ForkTest, ThreadsReadWhileOthersWrite) {
  constexpr size_t kSize = size_t{16} * kBlockSize;
  const InodeNumber file = *volume->create(kRootInode, "a", S_IFREG | 0644, 0, 0);
  ASSERT_TRUE(volume->write(file, 0, Bytes(kSize, 0)));
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  readers.reserve(2);
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      Bytes to(kSize);
      while (!stop) {
        const auto read = volume->read(file, 0, to);
        if (!read || *read != to.size()) ++wrong;
        // One write is one record: a read sees all of it or nothing.
        for (size_t at = 0; at < to.size(); at += 511) wrong += to[at] != to[0];
      }
    });
  }
  for (int i = 0; i < 2000; ++i) {
    ASSERT_TRUE(volume->write(file, 0, Bytes(kSize, static_cast<uint8_t>(i))));
    if (i % 500 == 0) {
      ASSERT_TRUE(volume->barrier());
    }
  }
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace redoubt::volume
