// SPDX-License-Identifier: Apache-2.0
#include "shim/patch/trap_counts.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace redoubt::shim::patch {
namespace {

constexpr uint64_t kSite = 0x7f12'3456'789a, kOther = 0x55'5555'0002;

using Sites = std::vector<std::pair<uint64_t, uint64_t>>;
Sites due_in(const TrapCounts& counts) {
  Sites sites;
  counts.for_each_due([&](uint64_t site, uint64_t number) { sites.emplace_back(site, number); });
  return sites;
}

TEST(TrapCounts, DecidesOnceAtTheLimit) {
  const auto counts = std::make_unique<TrapCounts>();
  for (int trap = 1; trap < 12; ++trap) EXPECT_FALSE(counts->add(kSite, 39, 12)) << trap;
  EXPECT_TRUE(counts->add(kSite, 39, 12));
  for (int trap = 0; trap < 1000; ++trap) EXPECT_FALSE(counts->add(kSite, 39, 12));
  EXPECT_FALSE(counts->decide(kSite, 39));
  EXPECT_FALSE(counts->decide(kSite, 40)) << "the same site with another number";
}

TEST(TrapCounts, TakesLimitsFromOneToTheLargest) {
  for (const int limit : {1, 2, 254}) {
    const auto counts = std::make_unique<TrapCounts>();
    int traps = 1;
    while (traps < 1000 && !counts->add(kSite, 0, static_cast<uint8_t>(limit))) ++traps;
    EXPECT_EQ(traps, limit);
    EXPECT_FALSE(counts->add(kSite, 0, static_cast<uint8_t>(limit)));
  }
}

TEST(TrapCounts, TellsWhatIsDueUntilItIsDecided) {
  const auto counts = std::make_unique<TrapCounts>();
  EXPECT_EQ(counts->due(), 0U);
  EXPECT_TRUE(counts->add(kSite, 231, 1));
  EXPECT_EQ(due_in(*counts), Sites{});
  counts->mark_due(kSite, 231);
  counts->mark_due(kOther, 273);
  EXPECT_EQ(counts->due(), 2U);
  EXPECT_FALSE(counts->add(kSite, 231, 1)) << "due already";
  EXPECT_EQ(due_in(*counts).size(), 2U);
  EXPECT_TRUE(counts->decide(kOther, 273));
  EXPECT_EQ(due_in(*counts), (Sites{{kSite, 231}}));
}

TEST(TrapCounts, DecidesWhatItNeverCounted) {
  const auto counts = std::make_unique<TrapCounts>();
  EXPECT_TRUE(counts->decide(kSite, 60));
  EXPECT_FALSE(counts->decide(kSite, 60));
  EXPECT_FALSE(counts->add(kSite, 60, 1));
}

TEST(TrapCounts, KeepsNumbersThatDoNotFitApartFromThoseThatDo) {
  const auto counts = std::make_unique<TrapCounts>();
  counts->mark_due(kSite, 100'000);
  ASSERT_EQ(due_in(*counts).size(), 1U);
  EXPECT_EQ(due_in(*counts)[0].first, kSite);
  EXPECT_EQ(due_in(*counts)[0].second, 511U);
}

constexpr uint64_t kBetweenTwins = 127;  // sites that share elements

TEST(TrapCounts, CountsFourSitesThatShareElementsSideBySide) {
  const auto counts = std::make_unique<TrapCounts>();
  for (int trap = 1; trap <= 12; ++trap) {
    for (uint64_t twin = 0; twin < 4; ++twin) {
      EXPECT_EQ(counts->add(100 + twin * kBetweenTwins, 1, 12), trap == 12) << trap << " of " << twin;
    }
  }
}

TEST(TrapCounts, StartsAgainForTheFifthSiteOfTheElements) {
  const auto counts = std::make_unique<TrapCounts>();
  for (uint64_t twin = 1; twin <= 4; ++twin) EXPECT_TRUE(counts->add(100 + twin * kBetweenTwins, 1, 1));
  EXPECT_FALSE(counts->add(100, 1, 2));
  EXPECT_TRUE(counts->add(100, 1, 2));
}

}  // namespace
}  // namespace redoubt::shim::patch
