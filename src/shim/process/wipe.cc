// SPDX-License-Identifier: Apache-2.0
#include "shim/process/wipe.h"

// runtime_libc.cc; unit tests have the C++ library's own operator delete.
extern "C" {
[[gnu::weak]] bool redoubt_wipe_freed_memory = false;
}

namespace redoubt::shim {

void wipe_freed_memory() { redoubt_wipe_freed_memory = true; }

[[gnu::noinline]] void wipe_stack_below() {
  uint8_t frame[192 * 1024];
  explicit_bzero(frame, sizeof(frame));
}

}  // namespace redoubt::shim
