// SPDX-License-Identifier: Apache-2.0
#include "measure/observe.h"

#include <gtest/gtest.h>

#include <chrono>

#include "measure/elf_builder.h"

namespace redoubt::measure {
namespace {

class Observe : public testing::Test {
 protected:
  Observation shell(const std::string& script, std::optional<int> seconds = 20) {
    const auto seen = observe({"/bin/sh", {"sh", "-c", script}, seconds});
    EXPECT_TRUE(seen) << seen.error().message;
    return seen ? *seen : Observation();
  }
  TemporaryDirectory directory_;
};

TEST_F(Observe, SeesWhatChildrenUse) {
  write_file(directory_ / "absolute", "a");
  write_file(directory_ / "below/relative", "b");
  write_file(directory_ / "tested", "c");
  const Observation seen =
      shell("cd " + directory_.path() +
            " && cat absolute && (cd below; cat ./relative) && test -e tested && echo x > written; exit 7");
  EXPECT_EQ(seen.exit_status, 7);
  EXPECT_FALSE(seen.stopped);
  EXPECT_EQ(seen.unfollowed_count, 0u);
  ASSERT_TRUE(seen.used.contains(directory_ / "absolute"));
  EXPECT_EQ(seen.used.at(directory_ / "absolute").use, Use::kOpened);
  EXPECT_EQ(seen.used.at(directory_ / "absolute").by, "cat");
  EXPECT_TRUE(seen.used.contains(directory_ / "below/./relative"));
  EXPECT_EQ(seen.used.at(directory_ / "tested").use, Use::kLookedAt);
  EXPECT_EQ(seen.written, std::set<std::string>{directory_ / "written"});
  bool executed = false;
  for (const auto& [path, use] : seen.used)
    executed = executed || (use.use == Use::kExecuted && path.ends_with("/cat"));
  EXPECT_TRUE(executed);
}

TEST_F(Observe, DoesNotCountFailures) {
  const Observation seen =
      shell("cat " + (directory_ / "nothing") + " 2>/dev/null; " + (directory_ / "noprogram") + " 2>/dev/null; true");
  EXPECT_FALSE(seen.used.contains(directory_ / "nothing"));
  EXPECT_FALSE(seen.used.contains(directory_ / "noprogram"));
}

TEST_F(Observe, EndsWhatDoesNotEnd) {
  const auto start = std::chrono::steady_clock::now();
  const Observation seen = shell("while :; do sleep 1; done", 1);
  EXPECT_TRUE(seen.stopped);
  EXPECT_EQ(seen.exit_status, 128 + SIGTERM);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(Observe, EndsWhatIgnoresSigterm) {
  const Observation seen = shell("trap '' TERM; while :; do sleep 1; done", 1);
  EXPECT_TRUE(seen.stopped);
  EXPECT_EQ(seen.exit_status, 128 + SIGKILL);
}

TEST_F(Observe, EndsOrphans) {
  const Observation seen = shell("sleep 100 & exit 0", std::nullopt);
  EXPECT_TRUE(seen.stopped);
  EXPECT_EQ(seen.exit_status, 0);
}

TEST_F(Observe, LetsSignalsAndStopsThrough) {
  const Observation seen =
      shell("trap 'exit 5' USR1; (kill -STOP $$; kill -CONT $$; kill -USR1 $$) & while :; do wait; done");
  EXPECT_EQ(seen.exit_status, 5);
}

TEST_F(Observe, SaysWhatCannotStart) { EXPECT_EQ(observe({directory_ / "nothing", {"x"}, 5})->exit_status, 127); }

}  // namespace
}  // namespace redoubt::measure
