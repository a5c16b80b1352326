// SPDX-License-Identifier: Apache-2.0
//
// An attested start: from the launch request to a program's files, arguments and environment (docs/attested-start.md). Runs in
// main(), on the kernel's stack, as the only thread, with all signals blocked.
#pragma once

#include <cstdint>

#include "shim/attested/failure.h"
#include "shim/process/handover.h"

namespace redoubt::shim::attested {

// `descriptor`: of request_descriptor(). Any failure ends the process (report_and_exit).
Handover start(const char* descriptor, int argc, char** argv, char** environment, uint64_t host_signals);

}  // namespace redoubt::shim::attested
