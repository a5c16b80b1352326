// SPDX-License-Identifier: Apache-2.0
//
// Where the time of an attested start goes: a line a step on standard error, with --stats.
#pragma once

#include <sys/syscall.h>

#include <string_view>

#include "base/text.h"
#include "shim/attested/deadline.h"
#include "shim/gate/gate.h"

namespace redoubt::shim::attested {

class Stopwatch {
 public:
  explicit Stopwatch(bool on) : on_(on), last_(on ? Deadline::microseconds() : 0) {}
  void lap(std::string_view step) {
    if (!on_) return;
    const int64_t time = Deadline::microseconds();
    Text<128> line;
    line.append("redoubt: attested start: ").append(step).append(": ").decimal(time - last_).append(" us\n");
    gate::call(SYS_write, 2, gate::address_of(line.c_str()), line.size());
    last_ = Deadline::microseconds();
  }

 private:
  bool on_;
  int64_t last_;
};

}  // namespace redoubt::shim::attested
