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

  // For patched calls (patch/README.md). While a call that needs nothing of the shim is under way: where it goes back to.
  uint64_t return_address;
  uint64_t app_rsp;        // the program's stack pointer, on the way in and on the way out
  uint64_t patched_frame;  // where the program's state is kept meanwhile, near the top of the shim's stack
  int32_t tid;
  int32_t pid;

  // The program's signal mask. The kernel's is host_mask(mask) in the program, and everything is blocked from the
  // moment a signal was captured until it is delivered.
  volatile uint64_t mask;

  // The one signal that came while the shim ran; signo 0 when there is none.
  abi::Siginfo captured_signal;
  // SIGSEGV, SIGBUS, SIGSYS and SIGTRAP that somebody *sent*: the kernel cannot hold them back (kNeverBlocked), so they
  // wait here while the program blocks them. Standard signals do not queue: one of each, the first. signo 0: none.
  abi::Siginfo late[4];

  // For the crash report: what the thread last asked for.
  uint64_t last_number;
  uint64_t last_args[6];
};
static_assert(offsetof(ThreadControl, shim_fs) == TC_SHIM_FS);
static_assert(offsetof(ThreadControl, app_fs) == TC_APP_FS);
static_assert(offsetof(ThreadControl, selector) == TC_SELECTOR);
static_assert(offsetof(ThreadControl, captured) == TC_CAPTURED);
static_assert(offsetof(ThreadControl, return_address) == TC_RETURN);
static_assert(offsetof(ThreadControl, app_rsp) == TC_APP_RSP);
static_assert(offsetof(ThreadControl, patched_frame) == TC_PATCHED);
static_assert(offsetof(ThreadControl, tid) == TC_TID);
static_assert(offsetof(ThreadControl, pid) == TC_PID);
static_assert(UC_VECTORS >= sizeof(abi::UserContext) && UC_VECTORS % 64 == 0);
static_assert(offsetof(abi::FpState, xstate_bv) == XSAVE_HEADER);

constexpr size_t register_offset(size_t in_registers) { return offsetof(abi::UserContext, regs) + in_registers; }
static_assert(register_offset(offsetof(abi::SignalContext, r8)) == UC_R8);
static_assert(register_offset(offsetof(abi::SignalContext, r9)) == UC_R9);
static_assert(register_offset(offsetof(abi::SignalContext, r10)) == UC_R10);
static_assert(register_offset(offsetof(abi::SignalContext, r11)) == UC_R11);
static_assert(register_offset(offsetof(abi::SignalContext, r12)) == UC_R12);
static_assert(register_offset(offsetof(abi::SignalContext, r13)) == UC_R13);
static_assert(register_offset(offsetof(abi::SignalContext, r14)) == UC_R14);
static_assert(register_offset(offsetof(abi::SignalContext, r15)) == UC_R15);
static_assert(register_offset(offsetof(abi::SignalContext, rdi)) == UC_RDI);
static_assert(register_offset(offsetof(abi::SignalContext, rsi)) == UC_RSI);
static_assert(register_offset(offsetof(abi::SignalContext, rbp)) == UC_RBP);
static_assert(register_offset(offsetof(abi::SignalContext, rbx)) == UC_RBX);
static_assert(register_offset(offsetof(abi::SignalContext, rdx)) == UC_RDX);
static_assert(register_offset(offsetof(abi::SignalContext, rax)) == UC_RAX);
static_assert(register_offset(offsetof(abi::SignalContext, rcx)) == UC_RCX);
static_assert(register_offset(offsetof(abi::SignalContext, rsp)) == UC_RSP);
static_assert(register_offset(offsetof(abi::SignalContext, rip)) == UC_RIP);
static_assert(register_offset(offsetof(abi::SignalContext, eflags)) == UC_EFLAGS);

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
    case SIGTRAP: return 3;
    default: return -1;
  }
}

}  // namespace redoubt::shim
