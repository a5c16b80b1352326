// SPDX-License-Identifier: Apache-2.0
//
// How long a wait may still take. A wait that came to nothing for the program goes on with what is left.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstdint>

namespace redoubt::shim::net {

class Timeout {
 public:
  static constexpr int64_t kForever = -1;
  // In nanoseconds; negative: for ever.
  explicit Timeout(int64_t nanoseconds) : end_(nanoseconds <= 0 ? nanoseconds : now() + nanoseconds) {
    if (nanoseconds > 0 && end_ < 0) end_ = INT64_MAX;
  }
  static Timeout of_milliseconds(int milliseconds) {
    return Timeout(milliseconds < 0 ? kForever : int64_t{milliseconds} * 1000000);
  }
  bool is_forever() const { return end_ < 0; }
  int64_t left() const { return end_ <= 0 ? end_ : std::max<int64_t>(end_ - now(), 0); }
  bool is_over() const { return !is_forever() && left() == 0; }
  // The rest as a timespec in `storage`, or null for ever.
  const timespec* rest(timespec& storage) const {
    if (is_forever()) return nullptr;
    const int64_t nanoseconds = left();
    storage = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return &storage;
  }
  int milliseconds() const {
    if (is_forever()) return -1;
    return static_cast<int>(std::min<int64_t>((left() + 999999) / 1000000, INT32_MAX));
  }

 private:
  static int64_t now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return int64_t{time.tv_sec} * 1000000000 + time.tv_nsec;
  }
  int64_t end_;  // of the monotonic clock; 0: at once, negative: never
};

}  // namespace redoubt::shim::net
