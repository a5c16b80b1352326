// SPDX-License-Identifier: Apache-2.0
//
// Writes the lines of --trace, one write(2) a line, so that lines of several processes do not mix.
#pragma once

#include <cstdint>

#include "shim/syscalls/call.h"

namespace redoubt::shim {

// Calls that do not come back (exit, a successful execve) are printed before they run; others remember nothing.
void trace_entry(const Call& call);
void trace_exit(const Call& call, int64_t result);

}  // namespace redoubt::shim
