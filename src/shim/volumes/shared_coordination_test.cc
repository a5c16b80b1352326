// SPDX-License-Identifier: Apache-2.0
//
// The runtime's own Coordination, in its memory file: heads are never torn, and processes that append to one file of a volume lose nothing.
#include "shim/volumes/shared_coordination.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "shim/files/window.h"
#include "volume/shared_storage.h"
#include "volume/test_volume.h"

namespace redoubt::shim::volumes {
namespace {

class SharedCoordinationTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    window::start(*window::choose_base());
    ASSERT_TRUE(window::put(window::Slot::kProc, ::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)));
    ASSERT_TRUE(make_shared_memory());
  }
  static void TearDownTestSuite() {
    for (const auto slot :
         {window::Slot::kProc, window::Slot::kHandles, window::Slot::kPosixLocks, window::Slot::kArena}) {
      close(window::get(slot));
    }
    munmap(&control(), sizeof(ControlBlock));
    window::adopt(0);
  }
  static bool all_succeeded(const std::vector<pid_t>& children) {
    bool good = true;
    for (const pid_t pid : children) {
      int status = 0;
      good = waitpid(pid, &status, 0) == pid && status == 0 && good;
    }
    return good;
  }
};

// Every part of it says the same number.
volume::Head head_of(uint64_t i) {
  volume::Head head{.generation = 5 * i, .offset = 3 * i, .sequence = i};
  const uint64_t chain[2] = {7 * i, 11 * i};
  std::memcpy(head.chain.data(), chain, sizeof chain);
  return head;
}

TEST_F(SharedCoordinationTest, HeadsAreWhole) {
  constexpr uint64_t kHeads = 50'000;
  SharedCoordination coordination(0);
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    const pid_t pid = fork();
    if (pid == 0) {
      for (uint64_t last = 0; last < kHeads;) {
        const volume::Head head = coordination.head();
        if (head.sequence < last || head != head_of(head.sequence)) _exit(1);
        last = head.sequence;
      }
      _exit(0);
    }
    children.push_back(pid);
  }
  for (uint64_t i = 1; i <= kHeads; ++i) {
    coordination.lock();
    coordination.publish(head_of(i));
    coordination.unlock();
    coordination.settle(i % 2 == 0 ? i : i / 2);
  }
  EXPECT_TRUE(all_succeeded(children));
  EXPECT_EQ(coordination.settled(), kHeads);
}

TEST_F(SharedCoordinationTest, ProcessesShareAVolume) {
  constexpr int kChildren = 3, kLines = 100;
  volume::SharedStorage storage;
  SharedCoordination coordination(1);
  const Bytes key = volume::test_key();
  volume::OpenOptions options;
  options.key = key;
  options.initialise = true;
  options.clock = [] { return volume::Time{1, 0}; };
  options.random = [](std::span<uint8_t> out) { ASSERT_EQ(getentropy(out.data(), out.size()), 0); };
  options.secret_memory = [](size_t size) {
    return std::span<uint8_t>{static_cast<uint8_t*>(volume::shared_memory(size)), size};
  };
  const auto opened = volume::Volume::open(storage, coordination, std::move(options));
  ASSERT_TRUE(opened) << opened.error().check;
  volume::Volume& shared = **opened;
  const auto file = shared.create(volume::kRootInode, "log", S_IFREG | 0644, 0, 0);
  ASSERT_TRUE(file);
  const auto append = [&](char who) {
    for (int i = 0; i < kLines; ++i) {
      if (!shared.append(*file, as_bytes(std::string(9, who) + "\n"))) return false;
      if (i % 10 == 0 && !shared.barrier()) return false;
      if (i % 30 == 0 && !shared.checkpoint()) return false;
    }
    return true;
  };
  std::vector<pid_t> children;
  for (int i = 0; i < kChildren; ++i) {
    shared.lock_for_fork();
    const pid_t pid = fork();
    shared.unlock_after_fork(pid == 0);
    if (pid == 0) _exit(append(static_cast<char>('b' + i)) ? 0 : 1);
    children.push_back(pid);
  }
  EXPECT_TRUE(append('a'));
  EXPECT_TRUE(all_succeeded(children));
  EXPECT_EQ(shared.attributes(*file)->size, 10U * kLines * (kChildren + 1));
  EXPECT_TRUE(shared.verify().empty());
}

}  // namespace
}  // namespace redoubt::shim::volumes
