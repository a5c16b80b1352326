// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/openssl_use.h"

#include <atomic>
#include <cstdint>

#include "shim/attested/failure.h"
#include "shim/attested/openssl_start.h"
#include "shim/attested/pool.h"
#include "shim/attested/tag_keeper.h"

namespace redoubt::shim::attested {
namespace {

// How many threads are inside, and whether one forks.
constexpr uint32_t kForking = uint32_t{1} << 31;
constinit std::atomic<uint32_t> users = 0;
thread_local unsigned depth = 0;  // uses may nest: the inner one must not wait for a fork that waits for the outer one

void leave() {
  if (users.fetch_sub(1) == (kForking | 1)) users.notify_all();
}

}  // namespace

OpensslUse::OpensslUse() {
  if (depth++ > 0) return;
  while (true) {
    const uint32_t before = users.fetch_add(1);
    if ((before & kForking) == 0) return;
    leave();
    uint32_t seen = users.load();
    while ((seen & kForking) != 0) {
      users.wait(seen);
      seen = users.load();
    }
  }
}

OpensslUse::~OpensslUse() {
  if (--depth == 0) leave();
}

Result<void> before_fork() {
  // One thread forks at a time: ForkLock.
  uint32_t seen = users.fetch_or(kForking) | kForking;
  while (seen != kForking) {
    users.wait(seen);
    seen = users.load();
  }
  const auto copied = pool::before_fork();
  if (copied) return {};
  report_no_sealed_memory();
  users.fetch_and(~kForking);
  users.notify_all();
  return copied;
}

void after_fork(int pid) {
  if (pid == 0) {
    if (!pool::after_fork_in_child()) {
      report_and_exit({.check = "memory.sealed",
                       .expected = "a copy of the keys for the child process",
                       .found = "the kernel could not move it",
                       .remedy = "free memory"});
    }
    users = 0;
    forget_connection_after_fork();
    return;
  }
  pool::after_fork_in_parent(pid > 0);
  users.fetch_and(~kForking);
  users.notify_all();
}

}  // namespace redoubt::shim::attested
