// SPDX-License-Identifier: Apache-2.0
//
// The names of the 31 standard signals. Real-time signals have none; the kernel's first is 32, and --trace counts from
// there.
#pragma once

#include <csignal>

namespace redoubt::abi {

struct SignalName {
  int number;
  const char* name;
};

inline constexpr int kFirstRealTimeSignal = 32;
inline constexpr int kLastSignal = 64;

// clang-format off
#define REDOUBT_SIGNAL(number) {number, #number}
inline constexpr SignalName kSignalNames[] = {
    REDOUBT_SIGNAL(SIGHUP), REDOUBT_SIGNAL(SIGINT), REDOUBT_SIGNAL(SIGQUIT), REDOUBT_SIGNAL(SIGILL),
    REDOUBT_SIGNAL(SIGTRAP), REDOUBT_SIGNAL(SIGABRT), REDOUBT_SIGNAL(SIGBUS), REDOUBT_SIGNAL(SIGFPE),
    REDOUBT_SIGNAL(SIGKILL), REDOUBT_SIGNAL(SIGUSR1), REDOUBT_SIGNAL(SIGSEGV), REDOUBT_SIGNAL(SIGUSR2),
    REDOUBT_SIGNAL(SIGPIPE), REDOUBT_SIGNAL(SIGALRM), REDOUBT_SIGNAL(SIGTERM), REDOUBT_SIGNAL(SIGSTKFLT),
    REDOUBT_SIGNAL(SIGCHLD), REDOUBT_SIGNAL(SIGCONT), REDOUBT_SIGNAL(SIGSTOP), REDOUBT_SIGNAL(SIGTSTP),
    REDOUBT_SIGNAL(SIGTTIN), REDOUBT_SIGNAL(SIGTTOU), REDOUBT_SIGNAL(SIGURG), REDOUBT_SIGNAL(SIGXCPU),
    REDOUBT_SIGNAL(SIGXFSZ), REDOUBT_SIGNAL(SIGVTALRM), REDOUBT_SIGNAL(SIGPROF), REDOUBT_SIGNAL(SIGWINCH),
    REDOUBT_SIGNAL(SIGIO), REDOUBT_SIGNAL(SIGPWR), REDOUBT_SIGNAL(SIGSYS),
};
#undef REDOUBT_SIGNAL
// clang-format on

// "SIGSEGV", or nullptr for a real-time signal and for what is no signal.
constexpr const char* find_signal_name(int number) {
  for (const SignalName& entry : kSignalNames) {
    if (entry.number == number) return entry.name;
  }
  return nullptr;
}

}  // namespace redoubt::abi
