// SPDX-License-Identifier: Apache-2.0
//
// How long an attested start waits for a peer, and waiting on one non-blocking socket. Monotonic time; a peer that sends a byte
// now and then does not gain time.
#pragma once

#include <poll.h>
#include <sys/syscall.h>
#include <time.h>

#include <cstdint>

#include "base/result.h"
#include "shim/gate/gate.h"

namespace redoubt::shim::attested {

class Deadline {
 public:
  Deadline() = default;  // past
  static Deadline in(int64_t milliseconds) {
    Deadline deadline;
    deadline.end_ = now() + milliseconds;
    return deadline;
  }

  // The earlier of this one and one in so long.
  Deadline at_most(int64_t milliseconds) const {
    Deadline deadline = in(milliseconds);
    if (end_ < deadline.end_) deadline.end_ = end_;
    return deadline;
  }

  // Until `fd` has one of `events` (poll.h) or an error. ETIMEDOUT.
  Result<void> wait(int fd, short events) const {
    while (true) {
      const int64_t left = end_ - now();
      if (left <= 0) return fail(ETIMEDOUT);
      pollfd polled = {.fd = fd, .events = events, .revents = 0};
      const int64_t ready = gate::call(SYS_poll, gate::address_of(&polled), 1, static_cast<uint64_t>(left));
      if (ready > 0) return {};
      if (ready < 0 && ready != -EINTR) return fail(is_error(ready) ? static_cast<int>(-ready) : EIO);
    }
  }

  // Sleeps for so long, or less. False: there is no time left.
  bool pause(int64_t milliseconds) const {
    const int64_t left = end_ - now();
    if (left <= 0) return false;
    gate::call(SYS_poll, 0, 0, static_cast<uint64_t>(left < milliseconds ? left : milliseconds));
    return now() < end_;
  }

  // Microseconds of the monotonic clock.
  static int64_t microseconds() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<int64_t>(time.tv_sec) * 1000000 + time.tv_nsec / 1000;
  }

 private:
  static int64_t now() { return microseconds() / 1000; }
  int64_t end_ = 0;
};

}  // namespace redoubt::shim::attested
