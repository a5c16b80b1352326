// SPDX-License-Identifier: Apache-2.0
//
// Restart codes: what a handler returns instead of -errno when a signal cut its call short. The names and numbers are
// the kernel's own (include/linux/errno.h); the program never sees them. entry/ turns them into -EINTR or into a
// re-execution of the program's `syscall` instruction, once it knows which handler of the program runs.
#pragma once

#include <cstdint>

namespace redoubt::abi {

// The host call was cut short, and is repeated if the program's handler has SA_RESTART (else -EINTR).
inline constexpr int64_t kRestartIfAsked = -512;  // -ERESTARTSYS
// The host call never began: repeat it after the handler, whatever its flags.
inline constexpr int64_t kRestartAlways = -513;  // -ERESTARTNOINTR

// The handler replaced the program's registers as a whole (rt_sigreturn): there is no return value to store.
inline constexpr int64_t kFrameReplaced = INT64_MIN;

constexpr bool is_restart(int64_t raw) { return raw == kRestartIfAsked || raw == kRestartAlways; }

}  // namespace redoubt::abi
