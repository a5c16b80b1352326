// SPDX-License-Identifier: Apache-2.0
//
// The end of a process in which the shim itself is at fault. The program never runs again: its state may be half
// changed, and going on might expose what a shield protects.
#pragma once

namespace redoubt::shim {

// Exit status of a run that Redoubt itself ended, as for env(1) and timeout(1).
inline constexpr int kOwnFailure = 125;

// In an attested run: from here on reports name the last call without its arguments, unless the run is traced.
void keep_program_out_of_reports();

// Prints what failed, the thread, a symbolised backtrace and the last call to standard error, and ends the process with
// kOwnFailure. `message` says what was expected and what to do.
[[noreturn]] void panic(const char* message);

}  // namespace redoubt::shim

// Stays on in release builds. Never applied to what the program, the host or the network supplied.
#define CHECK(invariant)                                                              \
  do {                                                                                \
    if (!(invariant)) ::redoubt::shim::panic("invariant does not hold: " #invariant); \
  } while (false)
