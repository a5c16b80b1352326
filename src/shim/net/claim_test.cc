// SPDX-License-Identifier: Apache-2.0
#include "shim/net/claim.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace redoubt::shim::net {
namespace {

TEST(Claim, NobodyElseHasIt) {
  Claim claim;
  EXPECT_TRUE(claim.is_mine());
  EXPECT_TRUE(claim.acquire());
}

// Exactly one of a process and its child and grandchild gets it.
TEST(Claim, OneOfThreeProcesses) {
  Claim claim;
  const auto words = ClaimWords::create(1);
  ASSERT_TRUE(words);
  ASSERT_TRUE(claim.share(words, 0));
  EXPECT_FALSE(claim.is_mine());
  const pid_t child = fork();
  if (child == 0) {
    Claim again = claim;
    if (again.share(ClaimWords::create(1), 0)) _exit(8);  // the word of the first fork still decides
    const pid_t grandchild = fork();
    if (grandchild == 0) _exit(again.acquire() ? 1 : 0);
    int status = 0;
    waitpid(grandchild, &status, 0);
    _exit(WEXITSTATUS(status) + (again.acquire() ? 1 : 0));
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 1) << "one of the two took it";
  EXPECT_FALSE(claim.acquire());
  EXPECT_TRUE(claim.is_lost());
  EXPECT_FALSE(claim.share(words, 0)) << "lost stays lost";
}

TEST(Claim, OwnedOnceIsOwnedForGood) {
  Claim claim;
  ASSERT_TRUE(claim.share(ClaimWords::create(3), 2));
  EXPECT_TRUE(claim.acquire());
  EXPECT_TRUE(claim.is_mine());
  EXPECT_TRUE(claim.acquire());
  EXPECT_TRUE(claim.share(ClaimWords::create(1), 0)) << "the next fork asks again";
}

}  // namespace
}  // namespace redoubt::shim::net
