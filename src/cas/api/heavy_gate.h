// SPDX-License-Identifier: Apache-2.0
//
// Lets at most so many expensive requests run at once, so that there are always threads left for attestation and health.
#pragma once

#include <atomic>

namespace redoubt::cas {

class HeavyGate {
 public:
  explicit HeavyGate(int places) : free_(places) {}

  bool try_enter() {
    if (free_.fetch_sub(1) > 0) return true;
    free_.fetch_add(1);
    return false;
  }
  void leave() { free_.fetch_add(1); }

 private:
  std::atomic<int> free_;
};

}  // namespace redoubt::cas
