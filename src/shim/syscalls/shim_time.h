// SPDX-License-Identifier: Apache-2.0
//
// What --stats calls the time in the shim: from the moment that a call is there until it has its result, without the host calls
// that the program itself asked for, in which it may wait for ever. Host calls that the shim makes for its own ends are part of it. The
// kernel's share of a trap lies before and behind, and is not. Nothing is measured without --stats.
#pragma once

#include <ctime>

#include "shim/gate/gate.h"
#include "shim/process/options.h"
#include "shim/process/thread.h"

namespace redoubt::shim {

// Nanoseconds, from the vDSO where the host's clock allows it.
inline uint64_t shim_clock() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

// While one exists, the calling thread is in the host for the program. On threads of the program only.
class HostTime {
 public:
  HostTime() : begin_(options().stats ? shim_clock() : 0) {}
  ~HostTime() {
    if (begin_ != 0) [[unlikely]]
      current_thread().host_nanoseconds += shim_clock() - begin_;
  }
  HostTime(const HostTime&) = delete;
  HostTime& operator=(const HostTime&) = delete;

 private:
  uint64_t begin_;
};

// gate::interruptible, as time that is not the shim's.
inline int64_t host_for_program(int64_t number, uint64_t a0 = 0, uint64_t a1 = 0, uint64_t a2 = 0, uint64_t a3 = 0,
                                uint64_t a4 = 0, uint64_t a5 = 0) {
  const HostTime time;
  return gate::interruptible(number, a0, a1, a2, a3, a4, a5);
}

}  // namespace redoubt::shim
