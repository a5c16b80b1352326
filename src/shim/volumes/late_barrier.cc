// SPDX-License-Identifier: Apache-2.0
#include "shim/volumes/late_barrier.h"

#include <immintrin.h>
#include <sys/syscall.h>
#include <time.h>

#include <atomic>
#include <cstdint>

#include "shim/gate/gate.h"
#include "shim/process/clone_request.h"
#include "shim/process/signals.h"
#include "shim/process/thread.h"
#include "shim/volumes/content.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim::volumes::late_barrier {
namespace {

// With the barrier itself, a second.
constexpr timespec kDelay = {.tv_sec = 0, .tv_nsec = 900'000'000};
constexpr size_t kStack = kShimStackSize;  // as deep as a barrier in a call: a connection to CAS may be made on it

constinit std::atomic<uint32_t> asked = 0;  // a bit for each volume
constinit std::atomic<bool> is_running = false;

void make_barriers() {
  const uint32_t wanted = asked.exchange(0);
  for (size_t index = 0; index < count(); ++index) {
    // What fails has said so, and stopped the volume.
    if ((wanted >> index & 1) != 0 && volume(index).is_dirty()) (void)settle_volume(index);
  }
}

void* run(void*) {
  // It came with %gs of the thread that started it; it is none of the program's.
  _writegsbase_u64(0);
  do {
    while (asked != 0) {
      gate::call(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, gate::address_of(&kDelay), 0);
      make_barriers();
    }
    is_running = false;
    // Who asked just before that saw a thread, and started none.
  } while (asked != 0 && !is_running.exchange(true));
  return nullptr;
}

}  // namespace

bool ask(size_t index) {
  asked |= 1U << index;
  if (is_running.exchange(true)) return true;
  const uint64_t host_signals = block_host_signals();
  pthread_t thread;
  const int error = start_pthread(thread, kStack + kThreadStackExtra, run, nullptr);
  current_thread().actions->reinstall(kSigSetxid);  // libc takes it with the first thread
  set_host_signals(host_signals);
  if (error == 0) return true;
  is_running = false;
  make_barriers();  // also for those who asked meanwhile
  return false;
}

void forget() {
  asked = 0;
  is_running = false;
}

}  // namespace redoubt::shim::volumes::late_barrier
