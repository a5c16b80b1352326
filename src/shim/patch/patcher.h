// SPDX-License-Identifier: Apache-2.0
//
// Rewrites call sites that trap often, and takes it back where the program would see or move what was written. See README.md.
#pragma once

#include <cstdint>

#include "shim/abi/context.h"
#include "shim/memory/address_space.h"
#include "shim/process/thread.h"

namespace redoubt::shim::patch {

// Before the first thread of the program runs.
void start();

// Counts a trap, and rewrites its site when it was one too many (Options::patch_after). `frame` is the kernel's, with %rip
// behind the `syscall`. On the program's way into the shim: no lock is held.
void note_trap(Thread& thread, const abi::UserContext& frame);

// Before a child is made, on the program's way into the shim, no lock held: rewrites what earlier children trapped at often enough.
// The child will not live to count for itself. `frame` is the calling thread's.
void rewrite_for_children(const Thread& thread, const abi::UserContext& frame);

// Before the program's mappings in [begin, end) are removed, replaced, moved or made anything else than readable and
// executable: the program's bytes are back when this returns, and stay so. AddressSpace::mutex is held. Where the host does not
// let us write, the jump stays, and works; where the bytes are not ours any more (the file was truncated), they stay.
void give_back(AddressSpace& space, uint64_t begin, uint64_t end);

// Whether a SIGTRAP of the kernel's (abi::is_synchronous) is none of the program's: the breakpoint that stands in a site while it is rewritten, or a step (trap flag)
// over a jump that is not the program's instruction. If so `frame` goes on as if it had not been.
bool is_own_trap(abi::UserContext& frame, const abi::Siginfo& info);

// Rewrites nothing more, and lets the sites that were rewritten trap. False when the host has no memory for that. No lock is
// held.
bool stop();

// How many sites are rewritten.
uint64_t site_count();

}  // namespace redoubt::shim::patch
