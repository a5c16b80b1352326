// SPDX-License-Identifier: Apache-2.0
//
// One system call of the program, as its handler sees it. Runs on the shim's stack and thread pointer, so handlers are
// ordinary C++. Program memory is reached through memory/app_memory.h only: a bad pointer is EFAULT, never a crash.
#pragma once

#include <cstdint>

#include "shim/syscalls/row.h"

namespace redoubt::abi {
struct UserContext;
}

namespace redoubt::shim {

class Thread;

struct Call {
  uint64_t number;
  uint64_t args[6];
  const Row* row;           // nullptr for an unknown number
  Thread& thread;           // the calling thread
  abi::UserContext& frame;  // the program's registers; what a handler changes here, the program resumes with

  int int_arg(int index) const { return static_cast<int>(args[index]); }
};

// Hands the call to the host unchanged. A signal for the program interrupts it (restart codes, see abi/restart.h).
int64_t pass(Call& call);

// The same with other arguments, for handlers that had to change one.
int64_t pass_with(Call& call, uint64_t a0, uint64_t a1 = 0, uint64_t a2 = 0, uint64_t a3 = 0, uint64_t a4 = 0,
                  uint64_t a5 = 0);

// As the row says, handler or host: for shields that let it happen and take part in it.
inline int64_t by_row(Call& call) {
  return call.row->treatment == Treatment::kHandled ? call.row->handler(call) : pass(call);
}

}  // namespace redoubt::shim
