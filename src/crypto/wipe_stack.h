// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace redoubt::crypto {

// Zeroes what the functions called just before left below the caller's stack frame: copies that compilers and assembly make of keys, the
// message schedule of a hash, a state that was spilled. 4 KiB, more than any of them uses; some 50 ns.
void wipe_stack_below();

}  // namespace redoubt::crypto
