// SPDX-License-Identifier: Apache-2.0
//
// The gate of the `process` platform: C++ faces of the assembly in gate.S.
#include "shim/gate/gate.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

extern "C" {
extern const char redoubt_gate_begin[];
extern const char redoubt_gate_end[];
int64_t redoubt_gate_call(int64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);
int64_t redoubt_gate_interruptible(int64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                                   uint64_t a5);
int64_t redoubt_gate_clone_vfork(uint64_t flags, void* stack, uint64_t parent_tid, uint64_t child_tid,
                                 uint64_t argument);
[[noreturn]] void redoubt_gate_resume(const void* context);
}

namespace redoubt::gate {

int64_t call(int64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5) {
  return redoubt_gate_call(number, a0, a1, a2, a3, a4, a5);
}

int64_t interruptible(int64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5) {
  return redoubt_gate_interruptible(number, a0, a1, a2, a3, a4, a5);
}

namespace {
constexpr int kSetDispatch = 59;  // PR_SET_SYSCALL_USER_DISPATCH
constexpr int kDispatchOff = 0;
constexpr int kDispatchOn = 1;
}  // namespace

int64_t enable_dispatch(volatile uint8_t* selector) {
  // On, with the gate as the range that is let through (Documentation/admin-guide/
  // syscall-user-dispatch.rst). The range must cover the rt_sigreturn that goes back to the program.
  return call(SYS_prctl, kSetDispatch, kDispatchOn, address_of(redoubt_gate_begin),
              static_cast<uint64_t>(redoubt_gate_end - redoubt_gate_begin), reinterpret_cast<uint64_t>(selector));
}

void disable_dispatch() { call(SYS_prctl, kSetDispatch, kDispatchOff); }

int64_t clone_vfork(uint64_t flags, void* stack, uint64_t parent_tid, uint64_t child_tid, uint64_t argument) {
  return redoubt_gate_clone_vfork(flags, stack, parent_tid, child_tid, argument);
}

void resume(const void* context) { redoubt_gate_resume(context); }

}  // namespace redoubt::gate
