// SPDX-License-Identifier: Apache-2.0
//
// Which of the gate's ways in, or the one through dispatch(), a call of a rewritten site takes. See README.md.
#pragma once

#include "shim/syscalls/row.h"

namespace redoubt::shim::patch {

// The shortest that does exactly what dispatch.cc would: a label of gate.S or patched.S. The same as long as the process lives, once
// shields have been started.
const char* way_of(const Row& row);

// For sites that make any call: tells the gate all ways. Before the first of them is rewritten.
void fill_call_ways();

}  // namespace redoubt::shim::patch
