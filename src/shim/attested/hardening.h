// SPDX-License-Identifier: Apache-2.0
//
// What an attested process is to its host, before it has anything to hide.
#pragma once

#include "shim/attested/failure.h"

namespace redoubt::shim::attested {

// Closes every inherited descriptor above 2, and opens /dev/null for a standard stream that is not open, so that no descriptor
// of ours takes its number.
Outcome<void> leave_inherited_descriptors();

// No core files, and no debugger or /proc/PID/mem of the same user. Both limits go on through exec and fork; the first ends
// with every exec and is set again by the new image.
void forbid_inspection();
void forbid_core_files();

// Standard streams lead nowhere: `stdio: discard` of the session.
Outcome<void> discard_standard_streams();

}  // namespace redoubt::shim::attested
