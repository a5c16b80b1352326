// SPDX-License-Identifier: Apache-2.0
//
// The narrow way to the host. Everything the shim asks of the host goes through these functions; on `process` they are
// the only code of ours with a `syscall` instruction, and the address range that Syscall User Dispatch lets through.
// Results are the kernel's: a value, or -errno. Another platform, or a gate that lies for a test, is another library.
#pragma once

#include <cstddef>
#include <cstdint>

namespace redoubt::gate {

// Performs a host call. Signals for the program may be captured meanwhile but do not cut the call short by themselves;
// calls that never restart can still return -EINTR.
int64_t call(int64_t number, uint64_t a0 = 0, uint64_t a1 = 0, uint64_t a2 = 0, uint64_t a3 = 0, uint64_t a4 = 0,
             uint64_t a5 = 0);

// Performs a host call on behalf of the program, unless a signal for the program is captured already; checking and
// blocking are one restartable sequence, so no signal is lost between them. Returns a restart code (abi/restart.h)
// when a signal came before the call began, or cut short a call that Linux restarts.
int64_t interruptible(int64_t number, uint64_t a0 = 0, uint64_t a1 = 0, uint64_t a2 = 0, uint64_t a3 = 0,
                      uint64_t a4 = 0, uint64_t a5 = 0);

// Makes every system call of this thread outside the gate stop in the signal entry, while *selector is 1. The selector
// byte must outlive the thread. Not inherited by fork, clone or exec.
int64_t enable_dispatch(volatile uint8_t* selector);

// Before the selector byte of an ending thread goes.
void disable_dispatch();

// clone(2) with CLONE_VM and a stack of its own. The child runs redoubt_vfork_child(argument) on `stack` (its top) and
// never returns; the parent gets the child's pid.
int64_t clone_vfork(uint64_t flags, void* stack, uint64_t parent_tid, uint64_t child_tid, uint64_t argument);

// Resumes the state saved in the signal frame whose ucontext is at `context`. Never returns.
[[noreturn]] void resume(const void* context);

template <typename T>
uint64_t address_of(T* pointer) {
  return reinterpret_cast<uint64_t>(pointer);
}

}  // namespace redoubt::gate
