// SPDX-License-Identifier: Apache-2.0
//
// What the tests of this folder link instead of the rest of the shim: a host that performs nothing and remembers what
// it was asked, handlers that only say that they were called, and program memory that is the test's own.
#pragma once

#include <cstdint>

namespace redoubt::shim::fake {

struct Host {
  int passed = 0;             // calls that pass() sent on
  uint64_t last_number = 0;   // of the last of them
  int64_t result = 0;         // what the host answers
  int own_pid = 1000;         // what gate::call(getpid) answers
  int own_tid = 1001;         // the other thread number that gate::call(tgkill) knows
  int own_descriptor = 1005;  // the one descriptor in the shim's window
  bool is_only_thread = true;
};

Host& host();
void reset_host();

// What every handler of another folder answers here.
inline constexpr int64_t kHandledElsewhere = 4242;

}  // namespace redoubt::shim::fake
