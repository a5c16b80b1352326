// SPDX-License-Identifier: Apache-2.0
//
// From a trapped instruction to the row that decides it.
#pragma once

#include <cstdint>

#include "shim/abi/context.h"
#include "shim/process/thread.h"

namespace redoubt::shim {

struct Call;

// One call as if the program had made it: for handlers that are made of others (sendfile). Not traced, not counted.
int64_t perform(Call& call);

// What is left of a call for the network shield that has had its part: files, then the row.
int64_t decide_beyond_network(Call& call);

// Performs the system call in the program's registers. Returns what goes to %rax, or a code of abi/restart.h.
int64_t dispatch(Thread& thread, abi::UserContext& frame);

// Stores a result of dispatch() in the registers, or prepares the restart: %rip is behind the `syscall`.
void finish_call(Thread& thread, abi::UserContext& frame, int64_t result);

// Another call in the place of the program's, decided as if the program had made it. Pointers may be the shim's own.
int64_t perform_other(Call& call, uint64_t number, uint64_t a0 = 0, uint64_t a1 = 0, uint64_t a2 = 0, uint64_t a3 = 0);

}  // namespace redoubt::shim
