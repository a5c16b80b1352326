// SPDX-License-Identifier: Apache-2.0
//
// Writes the lines of --trace, one write(2) a line, so that lines of several processes do not mix.
#pragma once

#include <cstdint>
#include <string_view>

#include "shim/syscalls/call.h"

namespace redoubt::shim {

// Once, before the first call. From then on only lines that this --trace-filter asks for are written (trace_filter.h). False: one of
// its words means nothing.
bool start_trace(std::string_view filter);

// Calls that do not come back (exit, a successful execve) are printed before they run; others remember nothing.
void trace_entry(const Call& call);
void trace_exit(const Call& call, int64_t result);

}  // namespace redoubt::shim
