// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/pool.h"

#include <gtest/gtest.h>
#include <string.h>

#include <random>
#include <vector>

#include "shim/memory/sealed.h"

namespace redoubt::shim::attested {
namespace {

// Random use against a record of what every block must hold. In ordinary memory: the limit on locked memory is the machine's.
TEST(Pool, BlocksKeepTheirContentsAndFreedOnesAreWiped) {
  sealed::adopt(true);
  struct Block {
    uint8_t* at;
    size_t size;
    uint8_t mark;
  };
  std::vector<Block> blocks;
  std::mt19937 random(1);
  const auto holds = [](const Block& block) {
    for (size_t i = 0; i < block.size; ++i) {
      if (block.at[i] != block.mark) return false;
    }
    return true;
  };
  for (int step = 0; step < 20000; ++step) {
    const size_t size = random() % 50 == 0 ? random() % 200000 : random() % 600;
    if (blocks.size() < 20 || random() % 2 == 0) {
      auto* at = static_cast<uint8_t*>(pool::allocate(size));
      ASSERT_NE(at, nullptr);
      ASSERT_EQ(reinterpret_cast<uintptr_t>(at) % 16, 0U);
      blocks.push_back({at, size, static_cast<uint8_t>(random() | 1)});
      memset(at, blocks.back().mark, size);
      continue;
    }
    const size_t index = random() % blocks.size();
    Block& block = blocks[index];
    ASSERT_TRUE(holds(block));
    if (random() % 3 == 0) {
      auto* at = static_cast<uint8_t*>(pool::resize(block.at, size));
      ASSERT_NE(at, nullptr);
      block = {at, std::min(block.size, size), block.mark};
      ASSERT_TRUE(holds(block));
      block.size = size;
      memset(block.at, block.mark, size);
    } else {
      uint8_t* at = block.at;
      const size_t wiped = block.size + 16 <= 32768 ? block.size : 0;  // larger ones are unmapped
      pool::release(at);
      for (size_t i = 8; i < wiped; ++i) ASSERT_EQ(at[i], 0);
      blocks.erase(blocks.begin() + static_cast<long>(index));
    }
    if (blocks.size() > 60) {
      for (const Block& each : blocks) pool::release(each.at);
      blocks.clear();
    }
  }
  EXPECT_EQ(pool::allocate(SIZE_MAX), nullptr);
  EXPECT_EQ(pool::allocate(SIZE_MAX - 8), nullptr);
  pool::release(nullptr);
  pool::end();
  EXPECT_EQ(pool::allocate(1), nullptr);
  EXPECT_TRUE(pool::bytes(1).empty());
  pool::release(&blocks);  // after the end nothing is touched
}

}  // namespace
}  // namespace redoubt::shim::attested
