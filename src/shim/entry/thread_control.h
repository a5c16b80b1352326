// SPDX-License-Identifier: Apache-2.0
//
// The part of a thread's state that the signal entry needs: what `%gs` points at, in the program as in the shim. The
// assembly knows the first fields by offset (offsets.h). Fields that a nested signal writes while shim code reads them
// are volatile: same thread, so no other ordering is needed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shim/abi/context.h"
#include "shim/abi/signals.h"
#include "shim/entry/offsets.h"

namespace redoubt::shim {

struct ThreadControl {
  ThreadControl* self;        // %gs:0, so that C++ gets at it with one load
  uint64_t shim_fs;           // the runtime's thread pointer
  uint64_t app_fs;            // the program's, read at every entry (it may have used wrfsbase)
  volatile uint8_t selector;  // Syscall User Dispatch: 0 shim, 1 program
  volatile uint8_t captured;  // a signal waits for delivery: go back through redoubt_deliver_captured

  // The program's signal mask. The kernel's is host_mask(mask) in the program, and everything is blocked from the
  // moment a signal was captured until it is delivered.
  volatile uint64_t mask;

  // The one signal that came while the shim ran; signo 0 when there is none.
  abi::Siginfo captured_signal;
  // SIGSEGV, SIGBUS and SIGSYS that somebody *sent*: the kernel cannot hold them back (kNeverBlocked), so they wait
  // here while the program blocks them. Standard signals do not queue: one of each. signo 0: none.
  abi::Siginfo late[3];

  // For the crash report: what the thread last asked for.
  uint64_t last_number;
  uint64_t last_args[6];
  int32_t tid;
};
static_assert(offsetof(ThreadControl, shim_fs) == TC_SHIM_FS);
static_assert(offsetof(ThreadControl, app_fs) == TC_APP_FS);
static_assert(offsetof(ThreadControl, selector) == TC_SELECTOR);
static_assert(offsetof(ThreadControl, captured) == TC_CAPTURED);
static_assert(offsetof(abi::UserContext, regs) + offsetof(abi::SignalContext, rip) == UC_RIP);

inline ThreadControl* current_control() {
  ThreadControl* control;
  asm volatile("movq %%gs:0, %0" : "=r"(control));
  return control;
}

// For the crash report, which may run before the first thread is set up: null while %gs is not.
inline ThreadControl* current_control_or_null() {
  uint64_t base;
  asm volatile("rdgsbase %0" : "=r"(base));
  return reinterpret_cast<ThreadControl*>(base);
}

// Index into ThreadControl::late, or -1.
constexpr int late_slot(int signal) {
  switch (signal) {
    case SIGSEGV: return 0;
    case SIGBUS: return 1;
    case SIGSYS: return 2;
    default: return -1;
  }
}

}  // namespace redoubt::shim
