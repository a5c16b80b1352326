// SPDX-License-Identifier: Apache-2.0
//
// A lock in memory that several processes share, which outlives any of them: a holder that is killed (kill -9 included) blocks
// nobody. The owner is a word that names a thread by number and start time; who waits looks from time to time whether that thread
// still exists. The kernel's own answer to this, robust futexes, belongs to the program: one list a thread.
//
// Usable by every thread of every process of a run, children of vfork included (each has a Thread of its own). Not recursive. A
// child of fork owns none of what its parent held: the parent's thread goes on and unlocks.
#pragma once

#include <atomic>
#include <cstdint>

namespace redoubt::shim::volumes {

class SharedLock {
 public:
  // True when the last owner died with the lock held: what it guards may be half changed.
  [[nodiscard]] bool lock();
  void unlock();

 private:
  bool take(uint64_t me);
  [[nodiscard]] bool wait(uint64_t me);

  std::atomic<uint64_t> owner_;    // 0: free; else start time << 32 | thread
  std::atomic<uint32_t> wakes_;    // a futex: changes at every unlock that somebody waits for
  std::atomic<uint32_t> waiting_;  // may be too high for ever: a waiter was killed
};
static_assert(sizeof(SharedLock) == 16);

// For locks behind which every change is one store, so that a dead owner leaves nothing half done.
class SharedGuard {
 public:
  explicit SharedGuard(SharedLock& lock) : lock_(lock) { after_death_ = lock_.lock(); }
  ~SharedGuard() { lock_.unlock(); }
  SharedGuard(const SharedGuard&) = delete;
  SharedGuard& operator=(const SharedGuard&) = delete;
  bool after_death() const { return after_death_; }

 private:
  SharedLock& lock_;
  bool after_death_;
};

// Whether a thread that a lock names still runs. For tests.
bool is_owner_alive(uint64_t owner);

}  // namespace redoubt::shim::volumes
