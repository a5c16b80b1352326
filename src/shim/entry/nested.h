// SPDX-License-Identifier: Apache-2.0
//
// Functions that the entry assembly and the nested signal handler call by name.
#pragma once

#include <cstdint>

#include "shim/abi/context.h"
#include "shim/abi/signals.h"

namespace redoubt::shim {
struct ThreadControl;
}

extern "C" {

// Assembly: what sigaction is given for every signal that is ours, and the restorer that goes with it.
void redoubt_signal_entry(int signal, const redoubt::abi::Siginfo* info, redoubt::abi::UserContext* frame);
void redoubt_gate_restorer();

// Assembly: loads the program's thread pointer and resumes `frame`. Never returns.
[[noreturn]] void redoubt_enter_program(redoubt::abi::UserContext* frame);
[[noreturn]] void redoubt_call_on_stack(void* top, void (*function)(void*), void* argument);
int redoubt_mark(uint64_t* buffer) __attribute__((returns_twice));
[[noreturn]] void redoubt_jump(uint64_t* buffer);

// A signal interrupted the program: a trapped call, a fault of the program, or one that somebody sent. On the shim's
// stack and thread pointer.
void redoubt_trap(int signal, redoubt::abi::Siginfo* info, redoubt::abi::UserContext* frame);
// A signal was captured while the shim ran: builds the program's frame for it, or drops it.
void redoubt_deliver_captured(redoubt::abi::UserContext* frame);
// The first code of a vfork child, on the stack it was given.
[[noreturn]] void redoubt_vfork_child(void* argument);
// The shim itself failed. On any stack and thread pointer.
[[noreturn]] void redoubt_report_crash(redoubt::shim::ThreadControl* control, int signal,
                                       const redoubt::abi::Siginfo* info, redoubt::abi::UserContext* frame);
}
