// SPDX-License-Identifier: Apache-2.0
//
// Where keys are in the processor's registers. A signal that comes then has the kernel write the registers to the stack, and what is left in
// them afterwards would be written by the next one. The runtime, which has signals and a stack that root can read, sets a guard that
// holds signals back and clears the registers; services and commands have none, and a scope costs them a test.
#pragma once

namespace redoubt::crypto {

struct CipherGuard {
  void (*enter)();
  void (*leave)();
};

// Set once, before the first scope.
inline constinit const CipherGuard* cipher_guard = nullptr;

// Scopes nest. To be held for computing, not for waiting: signals wait too.
class CipherScope {
 public:
  CipherScope() {
    if (cipher_guard != nullptr) cipher_guard->enter();
  }
  ~CipherScope() {
    if (cipher_guard != nullptr) cipher_guard->leave();
  }
  CipherScope(const CipherScope&) = delete;
  CipherScope& operator=(const CipherScope&) = delete;
};

}  // namespace redoubt::crypto
