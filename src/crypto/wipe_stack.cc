// SPDX-License-Identifier: Apache-2.0
#include "crypto/wipe_stack.h"

#include <string.h>

namespace redoubt::crypto {

[[gnu::noinline]] void wipe_stack_below() {
  char below[4096];
  explicit_bzero(below, sizeof(below));
}

}  // namespace redoubt::crypto
