// SPDX-License-Identifier: Apache-2.0
#include "shim/volumes/shared_lock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <new>

#include "shim/files/window.h"
#include "shim/volumes/handles.h"
#include "shim/volumes/mapping_table.h"

namespace redoubt::shim::volumes {
namespace {

class SharedLockTest : public testing::Test {
 protected:
  void SetUp() override {
    window::start(*window::choose_base());
    ASSERT_TRUE(window::put(window::Slot::kProc, ::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)));
    void* const memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    lock_ = static_cast<SharedLock*>(memory);
    number_ = reinterpret_cast<std::atomic<uint64_t>*>(static_cast<char*>(memory) + 64);
  }
  void TearDown() override {
    munmap(lock_, 4096);
    close(window::get(window::Slot::kProc));
    window::adopt(0);
  }

  SharedLock* lock_ = nullptr;
  std::atomic<uint64_t>* number_ = nullptr;
};

TEST_F(SharedLockTest, IsFreeAtFirstAndAfterUnlock) {
  EXPECT_FALSE(lock_->lock());
  lock_->unlock();
  EXPECT_FALSE(lock_->lock());
  lock_->unlock();
}

TEST_F(SharedLockTest, ExcludesProcesses) {
  constexpr int kRounds = 20000;
  const auto count = [&] {
    for (int i = 0; i < kRounds; ++i) {
      const SharedGuard guard(*lock_);
      number_->store(number_->load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
  };
  const pid_t child = fork();
  if (child == 0) {
    count();
    _exit(0);
  }
  count();
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(number_->load(), 2U * kRounds);
}

TEST_F(SharedLockTest, ADeadHolderBlocksNobody) {
  const pid_t child = fork();
  if (child == 0) {
    (void)lock_->lock();
    raise(SIGKILL);
  }
  // Not reaped yet: a zombie still has its number.
  siginfo_t info;
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(lock_->lock());
  lock_->unlock();
  EXPECT_FALSE(lock_->lock());
  lock_->unlock();
  waitpid(child, nullptr, 0);
}

TEST_F(SharedLockTest, ANumberThatAnotherThreadHasGotIsNotItsOwner) {
  ASSERT_FALSE(lock_->lock());
  uint64_t owner;  // the first word
  std::memcpy(&owner, static_cast<const void*>(lock_), sizeof(owner));
  lock_->unlock();
  EXPECT_EQ(static_cast<pid_t>(owner), gettid());
  EXPECT_TRUE(is_owner_alive(owner));
  EXPECT_FALSE(is_owner_alive(owner + (uint64_t{1} << 32)));
  constexpr uint64_t kNobody = 0x3fffff;  // above every pid_max
  EXPECT_FALSE(is_owner_alive(kNobody));
}

TEST(Description, PositionsSayEverything) {
  for (const int access : {O_RDONLY, O_WRONLY, O_RDWR, O_PATH}) {
    for (const Handle handle : {Handle{1}, Handle{77}, kHandleCount - 1}) {
      for (const uint64_t position : {uint64_t{0}, uint64_t{4711}, kPart - 1}) {
        const uint64_t encoded = encode({.access = access, .handle = handle, .position = position});
        EXPECT_GE(static_cast<int64_t>(encoded), 0);
        const Description decoded = decode(encoded);
        EXPECT_EQ(decoded.access, access);
        EXPECT_EQ(decoded.handle, handle);
        EXPECT_EQ(decoded.position, position);
      }
    }
  }
}

TEST(Description, PartsOfFilesDoNotTouch) {
  EXPECT_LT(flock_byte(1), lock_base(1));
  EXPECT_LE(lock_base(1) + kPart, open_byte(2));
  EXPECT_GE(static_cast<int64_t>(lock_base(kHandleCount - 1) + kPart), 0);
}

TEST(MappingTable, SplitsAndForgets) {
  MappingTable table;
  table.add(0x10000, {.end = 0x20000, .handle = 1, .offset = 0x5000});
  table.add(0x14000, {.end = 0x15000, .handle = 2, .offset = 0});
  const auto mapping_at = [&](uint64_t address) { return table.at(address).value_or(MappingTable::Part{}); };
  EXPECT_EQ(mapping_at(0x13fff).handle, 1U);
  EXPECT_EQ(mapping_at(0x14000).handle, 2U);
  EXPECT_EQ(mapping_at(0x15000).handle, 1U);
  EXPECT_EQ(mapping_at(0x16000).offset, 0xb000U);
  EXPECT_EQ(table.handles_in(0x10000, 0x20000), (std::vector<Handle>{1, 2}));
  EXPECT_EQ(table.handles_in(0x14000, 0x15000), (std::vector<Handle>{2}));
  table.remove(0x13000, 0x16000);
  EXPECT_FALSE(table.at(0x14000));
  EXPECT_EQ(mapping_at(0x12fff).end, 0x13000U);
  EXPECT_FALSE(table.at(0x20000));
  EXPECT_FALSE(table.at(0xffff));
  table.remove(0, 0x20000);
  EXPECT_TRUE(table.empty());
}

}  // namespace
}  // namespace redoubt::shim::volumes
