// SPDX-License-Identifier: Apache-2.0
#include "shim/memory/address_space.h"

#include <gtest/gtest.h>

#include <bitset>
#include <random>
#include <utility>
#include <vector>

namespace redoubt::shim {
namespace {

using Ranges = std::vector<std::pair<uint64_t, uint64_t>>;

Ranges parts(const RangeSet& set, uint64_t begin = 0, uint64_t end = UINT64_MAX) {
  Ranges all;
  set.for_each(begin, end, [&](uint64_t low, uint64_t high) { all.emplace_back(low, high); });
  return all;
}

TEST(RangeSet, MergesWhatTouches) {
  RangeSet set;
  set.add(10, 20);
  set.add(30, 40);
  EXPECT_EQ(parts(set), (Ranges{{10, 20}, {30, 40}}));
  set.add(20, 30);
  EXPECT_EQ(parts(set), (Ranges{{10, 40}}));
  set.add(5, 50);
  EXPECT_EQ(parts(set), (Ranges{{5, 50}}));
  set.add(6, 7);
  EXPECT_EQ(parts(set), (Ranges{{5, 50}}));
}

TEST(RangeSet, RemovesFromTheMiddleAndTheEnds) {
  RangeSet set;
  set.add(10, 40);
  set.remove(20, 30);
  EXPECT_EQ(parts(set), (Ranges{{10, 20}, {30, 40}}));
  set.remove(0, 11);
  set.remove(39, 100);
  EXPECT_EQ(parts(set), (Ranges{{11, 20}, {30, 39}}));
  set.remove(15, 35);
  EXPECT_EQ(parts(set), (Ranges{{11, 15}, {35, 39}}));
  set.remove(0, UINT64_MAX);
  EXPECT_TRUE(parts(set).empty());
}

TEST(RangeSet, EmptyRangesChangeNothing) {
  RangeSet set;
  set.add(5, 5);
  set.add(9, 3);
  EXPECT_TRUE(parts(set).empty());
  set.add(1, 4);
  set.remove(2, 2);
  set.remove(3, 2);
  EXPECT_EQ(parts(set), (Ranges{{1, 4}}));
  EXPECT_TRUE(set.covers(100, 100));
  EXPECT_FALSE(set.touches(2, 2));
}

TEST(RangeSet, ReachesTheLastAddress) {
  RangeSet set;
  set.add(UINT64_MAX - 1, UINT64_MAX);
  set.add(0, 1);
  EXPECT_TRUE(set.covers(UINT64_MAX - 1, UINT64_MAX));
  EXPECT_EQ(parts(set), (Ranges{{0, 1}, {UINT64_MAX - 1, UINT64_MAX}}));
}

TEST(RangeSet, VisitsPartsWithinBoundsOnly) {
  RangeSet set;
  set.add(10, 20);
  set.add(30, 40);
  EXPECT_EQ(parts(set, 15, 35), (Ranges{{15, 20}, {30, 35}}));
  EXPECT_EQ(parts(set, 20, 30), Ranges{});
  EXPECT_EQ(parts(set, 12, 13), (Ranges{{12, 13}}));
}

// The same operations on a bitmap of a small space.
class Model {
 public:
  static constexpr uint64_t kSize = 256;
  void change(uint64_t begin, uint64_t end, bool value) {
    for (uint64_t i = begin; i < end; ++i) bits_[i] = value;
  }
  bool covers(uint64_t begin, uint64_t end) const {
    for (uint64_t i = begin; i < end; ++i) {
      if (!bits_[i]) return false;
    }
    return true;
  }
  bool touches(uint64_t begin, uint64_t end) const {
    for (uint64_t i = begin; i < end; ++i) {
      if (bits_[i]) return true;
    }
    return false;
  }
  Ranges parts(uint64_t begin, uint64_t end) const {
    Ranges all;
    for (uint64_t i = begin; i < end; ++i) {
      if (!bits_[i]) continue;
      if (all.empty() || all.back().second != i) all.emplace_back(i, i);
      all.back().second = i + 1;
    }
    return all;
  }

 private:
  std::bitset<kSize> bits_;
};

TEST(RangeSet, AgreesWithABitmap) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    RangeSet set;
    Model model;
    auto range = [&] {
      const uint64_t begin = random() % Model::kSize;
      const uint64_t longest = random() % 4 == 0 ? Model::kSize - begin : std::min<uint64_t>(16, Model::kSize - begin);
      return std::pair(begin, begin + random() % (longest + 1));
    };
    for (int step = 0; step < 2000; ++step) {
      const auto [begin, end] = range();
      if (random() % 2 == 0) {
        set.add(begin, end);
        model.change(begin, end, true);
      } else {
        set.remove(begin, end);
        model.change(begin, end, false);
      }
      const auto [low, high] = range();
      ASSERT_EQ(set.covers(low, high), model.covers(low, high)) << "seed " << seed << " step " << step;
      ASSERT_EQ(set.touches(low, high), model.touches(low, high)) << "seed " << seed << " step " << step;
      ASSERT_EQ(parts(set, low, high), model.parts(low, high)) << "seed " << seed << " step " << step;
      ASSERT_EQ(parts(set), model.parts(0, Model::kSize)) << "seed " << seed << " step " << step;
    }
  }
}

}  // namespace
}  // namespace redoubt::shim
