// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/openssl_use.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "shim/attested/pool.h"
#include "shim/memory/sealed.h"

namespace redoubt::shim::attested {
namespace {

// Threads change a pair of numbers in the pool together, within a use; children see the two alike, and forks are many.
TEST(OpensslUse, ForkFindsNobodyInside) {
  sealed::adopt(true);
  auto* pair = static_cast<volatile uint64_t*>(pool::allocate(16));
  ASSERT_NE(pair, nullptr);
  pair[0] = 0;
  pair[1] = 0;
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> uses = 0;
  std::vector<std::thread> threads;
  threads.reserve(3);
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      while (!stop) {
        const OpensslUse use;
        const OpensslUse nested;
        if (i == 0) {  // one writer: it is fork that is tested, not this
          pair[0] = pair[0] + 1;
          std::this_thread::yield();
          pair[1] = pair[0];
        }
        ++uses;
      }
    });
  }
  while (uses < 1000) std::this_thread::yield();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(suspend_openssl_for_fork());
    const pid_t pid = fork();
    const bool has_copy = resume_openssl_after_fork(pid);
    if (pid == 0) {
      if (!has_copy) _exit(2);
      const OpensslUse use;
      _exit(pair[0] == pair[1] ? 0 : 1);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
    const uint64_t seen = uses;
    while (uses < seen + 10) std::this_thread::yield();  // the parent's threads go on
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  pool::release(const_cast<uint64_t*>(pair));
}

}  // namespace
}  // namespace redoubt::shim::attested
