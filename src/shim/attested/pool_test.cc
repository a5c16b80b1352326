// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/pool.h"

#include <gtest/gtest.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

#include "shim/memory/sealed.h"

namespace redoubt::shim::attested {
namespace {

struct Block {
  uint8_t* at;
  size_t size;
  uint8_t mark;
};

bool holds(const Block& block) {
  for (size_t i = 0; i < block.size; ++i) {
    if (block.at[i] != block.mark) return false;
  }
  return true;
}

Block take(size_t size, uint8_t mark) {
  const Block block = {static_cast<uint8_t*>(pool::allocate(size)), size, mark};
  if (block.at != nullptr) memset(block.at, mark, size);
  return block;
}

// In ordinary memory: the limit on locked memory is the machine's.
class Pool : public testing::Test {
 protected:
  static void SetUpTestSuite() { sealed::adopt(true); }
};

// Random use against a record of what every block must hold.
void use(unsigned seed, int steps, bool check_wiped) {
  std::vector<Block> blocks;
  std::mt19937 random(seed);
  for (int step = 0; step < steps; ++step) {
    const size_t size = random() % 50 == 0 ? random() % 200000 : random() % 20 == 0 ? random() % 20000 : random() % 600;
    if (blocks.size() < 20 || random() % 2 == 0) {
      blocks.push_back(take(size, static_cast<uint8_t>(random() | 1)));
      ASSERT_NE(blocks.back().at, nullptr);
      ASSERT_EQ(reinterpret_cast<uintptr_t>(blocks.back().at) % 64, 0U);
      continue;
    }
    const size_t index = random() % blocks.size();
    Block& block = blocks[index];
    ASSERT_TRUE(holds(block));
    ASSERT_TRUE(pool::owns(block.at));
    if (random() % 3 == 0) {
      auto* at = static_cast<uint8_t*>(pool::resize(block.at, size));
      ASSERT_NE(at, nullptr);
      block = {at, std::min(block.size, size), block.mark};
      ASSERT_TRUE(holds(block));
      block.size = size;
      memset(block.at, block.mark, size);
    } else {
      const Block freed = block;
      pool::release(freed.at);
      const size_t wiped = check_wiped && freed.size <= 32768 ? freed.size : 0;  // larger ones are unmapped
      for (size_t i = 0; i < wiped; ++i) ASSERT_EQ(freed.at[i], 0);
      blocks.erase(blocks.begin() + static_cast<long>(index));
    }
    if (blocks.size() > 60) {
      for (const Block& each : blocks) pool::release(each.at);
      blocks.clear();
    }
  }
  for (const Block& each : blocks) pool::release(each.at);
}

TEST_F(Pool, BlocksKeepTheirContentsAndFreedOnesAreWiped) {
  use(1, 20000, true);
  EXPECT_EQ(pool::used(), 0U);
  EXPECT_EQ(pool::allocate(SIZE_MAX), nullptr);
  EXPECT_EQ(pool::allocate(SIZE_MAX - 8), nullptr);
  pool::release(nullptr);
  int other = 0;
  EXPECT_FALSE(pool::owns(&other));
}

TEST_F(Pool, ManyThreads) {
  std::vector<std::thread> threads;
  for (unsigned seed = 10; seed < 14; ++seed) threads.emplace_back([seed] { use(seed, 5000, false); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pool::used(), 0U);
}

TEST_F(Pool, FreedPagesServeOtherSizes) {
  std::vector<uint8_t*> blocks;
  blocks.reserve(1000);
  for (int i = 0; i < 1000; ++i) blocks.push_back(static_cast<uint8_t*>(pool::allocate(64)));
  const size_t used = pool::used();
  uint8_t* const first = blocks.front();
  for (uint8_t* block : blocks) pool::release(block);
  EXPECT_EQ(pool::used(), 0U);
  void* large = pool::allocate(std::min<size_t>(used, 32768));
  EXPECT_LE(large, static_cast<void*>(first));
  pool::release(large);
}

// What runs in a child of fork: 0 is success.
template <typename Action>
int in_child(bool with_copy, Action action) {
  if (with_copy && !pool::before_fork()) return -1;
  const pid_t pid = fork();
  if (pid == 0) {
    if (with_copy && !pool::after_fork_in_child()) _exit(2);
    _exit(action() ? 0 : 1);
  }
  if (with_copy) pool::after_fork_in_parent(pid > 0);
  int status = 0;
  waitpid(pid, &status, 0);
  return status;
}

TEST_F(Pool, AChildOfForkHasACopyOfItsOwn) {
  std::vector<Block> blocks;
  blocks.reserve(301);
  for (size_t i = 0; i < 300; ++i) blocks.push_back(take(i * 37 % 9000 + 1, static_cast<uint8_t>(i | 1)));
  blocks.push_back(take(100000, 0x77));  // a mapping of its own
  const auto all_hold = [&] { return std::ranges::all_of(blocks, holds); };
  EXPECT_EQ(in_child(true,
                     [&] {
                       if (!all_hold()) return false;
                       use(99, 2000, true);
                       for (const Block& each : blocks) memset(each.at, 0xee, each.size);
                       for (const Block& each : blocks) pool::release(each.at);
                       return pool::used() == 0;
                     }),
            0);
  EXPECT_TRUE(all_hold());
  // Grandchildren, and without a copy the memory is shared: the test can fail.
  EXPECT_EQ(in_child(true, [&] { return in_child(true, all_hold) == 0; }), 0);
  EXPECT_EQ(in_child(false,
                     [&] {
                       memset(blocks.front().at, 0xee, blocks.front().size);
                       return true;
                     }),
            0);
  EXPECT_FALSE(holds(blocks.front()));
  for (const Block& each : blocks) pool::release(each.at);
}

TEST_F(Pool, AForkThatFailedLeavesEverything) {
  const Block block = take(100, 0x21);
  ASSERT_TRUE(pool::before_fork());
  pool::after_fork_in_parent(false);
  EXPECT_TRUE(holds(block));
  pool::release(block.at);
}

TEST_F(Pool, ZEndGivesEverythingBack) {  // the last: nothing can be had afterwards
  void* block = pool::allocate(100);
  pool::end();
  EXPECT_EQ(pool::allocate(1), nullptr);
  EXPECT_TRUE(pool::bytes(1).empty());
  pool::release(block);  // after the end nothing is touched
}

}  // namespace
}  // namespace redoubt::shim::attested
