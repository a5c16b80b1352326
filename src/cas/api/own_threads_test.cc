// SPDX-License-Identifier: Apache-2.0
#include "cas/api/own_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace redoubt::cas {
namespace {

TEST(OwnThreads, RunsAsManyAsItMayAtOnceAndServesAgain) {
  OwnThreads threads(2);
  for (int round = 0; round < 3; ++round) {
    std::latch running(2), go(1), ended(2);
    const auto work = [&] {
      running.count_down();
      go.wait();
      ended.count_down();
    };
    // A thread that has just ended its work may not be back yet.
    for (int started = 0; started < 2;) started += threads.run(work) ? 1 : 0;
    running.wait();
    EXPECT_FALSE(threads.run([] { FAIL() << "there is no thread for it"; }));
    go.count_down();
    ended.wait();
  }
}

TEST(OwnThreads, JoinWaitsForWhatRunsAndTakesNothingMore) {
  OwnThreads threads(4);
  std::atomic<int> ended = 0;
  for (int one = 0; one < 4; ++one) EXPECT_TRUE(threads.run([&] { ++ended; }));
  threads.join();
  EXPECT_EQ(ended, 4);
  EXPECT_FALSE(threads.run([] {}));
}

TEST(OwnThreads, NoneAtAll) {
  OwnThreads threads(0);
  EXPECT_FALSE(threads.run([] {}));
}

}  // namespace
}  // namespace redoubt::cas
