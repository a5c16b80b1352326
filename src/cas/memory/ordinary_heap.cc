// SPDX-License-Identifier: Apache-2.0
//
// What stands for the sealed heap where a sanitizer watches the program (REDOUBT_SANITIZE, docs/debugging.md): nothing is taken over, so
// C++, OpenSSL and SQLite allocate from the sanitizer's heap, which poisons what is freed and knows what leaks. Such a CAS keeps its
// secrets where root reads them, and says so at once. It is linked by no other build.
#include <unistd.h>

#include "cas/memory/sealed_heap.h"

namespace redoubt::cas::sealed_heap {

void take_over_libraries() {
  static constexpr char kLine[] =
      "redoubt-cas: warning: built with a sanitizer: nothing is in sealed memory, for tests only\n";
  (void)!write(STDERR_FILENO, kLine, sizeof kLine - 1);
}

bool is_partly_unsealed() noexcept { return true; }

}  // namespace redoubt::cas::sealed_heap
