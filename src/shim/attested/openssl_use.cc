// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/openssl_use.h"

#include <atomic>
#include <cstdint>
#include <optional>

#include "shim/attested/pool.h"
#include "shim/process/cipher_guard.h"

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

Result<void> suspend_openssl_for_fork() {
  // One thread forks at a time: ForkLock.
  uint32_t seen = users.fetch_or(kForking) | kForking;
  while (seen != kForking) {
    users.wait(seen);
    seen = users.load();
  }
  std::optional<crypto::CipherScope> scope;  // copying goes through vector registers too
  if (!redoubt_light_vectors) scope.emplace();
  const auto copied = pool::before_fork();
  if (copied) return {};
  users.fetch_and(~kForking);
  users.notify_all();
  return copied;
}

bool resume_openssl_after_fork(int pid) {
  if (pid == 0) {
    users = 0;
    return pool::after_fork_in_child();
  }
  pool::after_fork_in_parent(pid > 0);
  users.fetch_and(~kForking);
  users.notify_all();
  return true;
}

}  // namespace redoubt::shim::attested
