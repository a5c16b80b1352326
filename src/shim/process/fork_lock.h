// SPDX-License-Identifier: Apache-2.0
//
// Holds every lock of the shim across fork, so that the child does not inherit one that a thread it does not have was
// holding. The C library does the same for its own. Lock order of the shim, outermost first:
//   AddressSpace::mutex, SignalActions::mutex_, WorkingDirectory::mutex_, what volumes::before_fork() takes,
//   those of net/description.h,
//   attested/openssl_use.h, the pool's
//
// In an attested run the child also gets its own copy of sealed memory (attested/pool.h): between prepare() and finish().
#pragma once

#include <sys/types.h>

#include <mutex>

#include "shim/attested/fork.h"
#include "shim/files/working_directory.h"
#include "shim/memory/address_space.h"
#include "shim/net/hooks.h"
#include "shim/process/signals.h"

namespace redoubt::shim {

class ForkLock {
 public:
  explicit ForkLock(SignalActions& actions)
      : memory_(address_space().mutex()),
        actions_(actions.mutex_for_fork()),
        directory_(working_directory().mutex_for_fork()) {}

  // ENOMEM: no sealed memory for the child's keys; there must be no fork then.
  Result<void> prepare() {
    if (net::hooks != nullptr) net::hooks->before_fork();
    const auto prepared = attested::before_fork();
    if (!prepared && net::hooks != nullptr) net::hooks->after_fork(false);
    return prepared;
  }
  // In both processes, with what fork returned.
  void finish(pid_t pid) {
    attested::after_fork(pid);
    if (net::hooks != nullptr) net::hooks->after_fork(pid == 0);
  }

 private:
  std::lock_guard<std::mutex> memory_;
  std::lock_guard<std::mutex> actions_;
  std::lock_guard<std::mutex> directory_;
};

}  // namespace redoubt::shim
