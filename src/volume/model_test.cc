// SPDX-License-Identifier: Apache-2.0
//
// Random operations against a plain model, with reopening, checkpoints and a second opener in between.
#include "volume/model.h"

#include "volume/test_volume.h"

namespace redoubt::volume {
namespace {

// Where blocks lie: nearly all in the log until a checkpoint, some, none.
constexpr uint64_t kSmallWrites[] = {256 << 10, 40 << 10, 0};

TEST(VolumeModelTest, RandomOperations) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    TestVolume test;
    test.small_writes = kSmallWrites[seed % std::size(kSmallWrites)];
    test.initialise();
    Model model;
    RandomOperations random(seed);
    uint64_t in_log = 0, in_slots = 0;
    for (int i = 0; i < 1500; ++i) {
      ASSERT_EQ(random.step(*test.volume, model), 0) << "operation " << i;
      if (random.below(40) == 0) {
        ASSERT_TRUE(test.volume->barrier());
      }
      if (random.below(100) == 0) {
        ASSERT_TRUE(test.volume->checkpoint());
      }
      if (random.below(60) == 0) test.reopen();
      if (random.below(30) == 0) {
        ASSERT_EQ(describe(*test.volume), describe(model)) << "operation " << i;
        const auto space = test.volume->space();
        in_log += space.blocks_in_log;
        in_slots += space.data_blocks - space.blocks_in_log;
      }
    }
    if (test.small_writes != 0) {
      EXPECT_GT(in_log, 100U);
    }
    EXPECT_GT(in_slots, 100U);
    EXPECT_TRUE(test.volume->verify().empty());
    EXPECT_TRUE(test.reports.empty());
  }
}

// Several openers of one volume that follow one another's records, as processes do; one of them sleeps for long.
TEST(VolumeModelTest, SeveralOpeners) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    TestVolume test;
    test.small_writes = kSmallWrites[seed % std::size(kSmallWrites)];
    test.initialise();
    Model model;
    RandomOperations random(seed);
    std::vector<std::unique_ptr<Volume>> openers;
    for (int i = 0; i < 3; ++i) {
      auto joined = Volume::join(test.storage, *test.owner, test.options());
      ASSERT_TRUE(joined);
      openers.push_back(std::move(*joined));
    }
    for (int i = 0; i < 1200; ++i) {
      Volume& one = random.below(4) == 0 ? *test.volume : *openers[random.below(i % 400 == 399 ? 3 : 2)];
      ASSERT_EQ(random.step(one, model), 0) << "operation " << i;
      if (random.below(40) == 0) {
        ASSERT_TRUE(one.barrier());
      }
      if (random.below(70) == 0) {
        ASSERT_TRUE(one.checkpoint());
      }
      if (random.below(200) == 0) openers[1] = *Volume::join(test.storage, *test.owner, test.options());
      if (random.below(50) == 0) {
        ASSERT_EQ(describe(*openers[0]), describe(model)) << "operation " << i;
      }
    }
    for (auto& opener : openers) EXPECT_EQ(describe(*opener), describe(model));
    openers.clear();
    test.reopen();
    EXPECT_EQ(describe(*test.volume), describe(model));
    EXPECT_TRUE(test.reports.empty());
  }
}

}  // namespace
}  // namespace redoubt::volume
