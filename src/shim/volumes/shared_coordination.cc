// SPDX-License-Identifier: Apache-2.0
#include "shim/volumes/shared_coordination.h"

#include <sys/syscall.h>
#include <time.h>

#include <cstring>

#include "shim/gate/gate.h"
#include "shim/volumes/handles.h"

namespace redoubt::shim::volumes {

int64_t monotonic_now() {
  timespec now{};
  gate::call(SYS_clock_gettime, CLOCK_MONOTONIC_COARSE, gate::address_of(&now));
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// A dead owner's half-made record lies beyond the published head, where nobody reads.
void SharedCoordination::lock() { (void)shared().changes.lock(); }
void SharedCoordination::unlock() { shared().changes.unlock(); }
void SharedCoordination::lock_barrier() { (void)shared().barrier.lock(); }
void SharedCoordination::unlock_barrier() { shared().barrier.unlock(); }

// While `published` stands still, its slot does: the next one is written to the other.
volume::Head SharedCoordination::head() const {
  while (true) {
    const uint64_t before = shared().published.load(std::memory_order_acquire);
    const auto& slot = shared().heads[before % 2];
    const uint64_t chain[2] = {slot.chain[0].load(std::memory_order_relaxed),
                               slot.chain[1].load(std::memory_order_relaxed)};
    volume::Head head{.generation = slot.generation.load(std::memory_order_relaxed),
                      .offset = slot.offset.load(std::memory_order_relaxed),
                      .sequence = slot.sequence.load(std::memory_order_relaxed)};
    static_assert(sizeof chain == sizeof head.chain);
    std::memcpy(head.chain.data(), chain, sizeof chain);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (shared().published.load(std::memory_order_relaxed) == before) return head;
  }
}

void SharedCoordination::publish(const volume::Head& head) {
  const uint64_t next = shared().published.load(std::memory_order_relaxed) + 1;
  auto& slot = shared().heads[next % 2];
  // A reader that sees any of these stores sees `published` changed as well, so it reads again.
  std::atomic_thread_fence(std::memory_order_release);
  slot.generation.store(head.generation, std::memory_order_relaxed);
  slot.offset.store(head.offset, std::memory_order_relaxed);
  slot.sequence.store(head.sequence, std::memory_order_relaxed);
  uint64_t chain[2];
  std::memcpy(chain, head.chain.data(), sizeof chain);
  for (int i = 0; i < 2; ++i) slot.chain[i].store(chain[i], std::memory_order_relaxed);
  shared().published.store(next, std::memory_order_release);
}

uint64_t SharedCoordination::settled() const { return shared().settled; }

void SharedCoordination::settle(uint64_t sequence) {
  uint64_t known = shared().settled;
  while (known < sequence && !shared().settled.compare_exchange_weak(known, sequence)) continue;
  shared().settled_at = monotonic_now();
}

bool SharedCoordination::is_stopped() const { return shared().is_stopped; }
void SharedCoordination::stop() { shared().is_stopped = true; }

bool SharedCoordination::is_open(volume::InodeNumber inode) const {
  const Handle handle = find_handle({index_, inode});
  return handle != 0 && is_in_use(handle);
}

}  // namespace redoubt::shim::volumes
