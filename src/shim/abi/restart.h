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
// The host call never began, or is one that Linux repeats in any case: repeat it after the handler, whatever its flags.
inline constexpr int64_t kRestartAlways = -513;  // -ERESTARTNOINTR

// The handler replaced the program's registers as a whole (rt_sigreturn): there is no return value to store.
inline constexpr int64_t kFrameReplaced = INT64_MIN;

// Of a call that the kernel rewound, which does not say why: whether a handler without SA_RESTART leaves it rewound. Who waits for a
// futex that hands on priority is not told of signals (kernel/futex/pi.c, requeue.c): C libraries take EINTR for the lock. `operation`
// is the second argument.
constexpr bool is_always_repeated(uint64_t number, uint64_t operation) {
  constexpr uint64_t kFutex = 202, kPrivate = 0x80, kRealTimeClock = 0x100;
  constexpr uint64_t kLockPi = 6, kWaitRequeuePi = 11, kLockPi2 = 13;
  if (number != kFutex) return false;
  const uint64_t command = static_cast<uint32_t>(operation) & ~(kPrivate | kRealTimeClock);
  return command == kLockPi || command == kWaitRequeuePi || command == kLockPi2;
}

constexpr bool is_restart(int64_t raw) { return raw == kRestartIfAsked || raw == kRestartAlways; }

}  // namespace redoubt::abi
