// SPDX-License-Identifier: Apache-2.0
//
// Calls that come from rewritten sites, and the signals that interrupt them. See README.md.
#pragma once

#include <cstdint>

#include "shim/abi/context.h"
#include "shim/process/thread.h"

namespace redoubt::shim::patch {

// Where a thread keeps the program's state during a patched call, given its shim stack.
uint64_t frame_address(void* shim_stack);

// Learns from the frame of a trap how the kernel lays out vector state in this process. False when patched calls cannot do
// the same: no XSAVEC, or an odd frame. Before the first site is rewritten.
bool learn_vector_format(const abi::UserContext& frame);

// Fills what a frame of the kernel has and the fast way does not need: constants and the vector state. For whoever looks at
// more than the registers of a call's frame. Nothing when it is a frame of the kernel, or was filled before.
void complete(Thread& thread, abi::UserContext& frame);

// Whether at `address` begins what is shown as the first instruction of a site, but for that itself: a slot that begins with the
// site's own instruction, or a hole on the way to one.
bool is_on_way_to_instruction(uint64_t address);

// A signal for the program interrupted a patched call outside of the shim: changes `frame` to what an unpatched site would
// have shown. Sets Thread::restart when the kernel had rewound the call.
void present(Thread& thread, abi::UserContext& frame);

// A fault (abi::is_synchronous) of the gate's own look at an argument: changes `frame` so that the call is made by a trap, which knows the errno.
bool is_own_fault(Thread& thread, abi::UserContext& frame);

}  // namespace redoubt::shim::patch

extern "C" {
// Labels of entry/patched.S and gate.S.
extern const char redoubt_patched_entry[], redoubt_patched_left[], redoubt_patched_refused[];
extern const char redoubt_gate_patched[], redoubt_gate_patched_descriptor[], redoubt_gate_patched_call[];
extern const char redoubt_gate_patched_by_number[], redoubt_gate_patched_by_number_end[];
extern const char redoubt_gate_patched_and_second[], redoubt_gate_patched_and_third[], redoubt_gate_patched_stat[];
extern const char redoubt_gate_patched_path[];
extern const char redoubt_gate_patched_done[], redoubt_gate_patched_end[];
extern const char redoubt_gate_patched_pid[], redoubt_gate_patched_pid_done[];
extern const char redoubt_gate_patched_tid[], redoubt_gate_patched_tid_done[];
void redoubt_expand_vectors(const void* compacted, void* standard);
void redoubt_capture_vectors(void* standard);

// Called by entry/patched.S. The first returns whether the program may be resumed the fast way.
bool redoubt_patched_call(redoubt::abi::UserContext* frame);
void redoubt_patched_complete(redoubt::abi::UserContext* frame);
}
