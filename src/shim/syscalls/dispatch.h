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

// Performs the system call in the program's registers. Returns what goes to %rax, or a code of abi/restart.h.
int64_t dispatch(Thread& thread, abi::UserContext& frame);

}  // namespace redoubt::shim
