// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/fork.h"

#include "shim/attested/failure.h"
#include "shim/attested/openssl_start.h"
#include "shim/attested/openssl_use.h"
#include "shim/attested/tag_keeper.h"

namespace redoubt::shim::attested {

Result<void> before_fork() {
  const auto suspended = suspend_openssl_for_fork();
  if (!suspended) report_no_sealed_memory();
  return suspended;
}

void after_fork(int pid) {
  if (!resume_openssl_after_fork(pid)) {
    report_and_exit({.check = "memory.sealed",
                     .expected = "a copy of the keys for the child process",
                     .found = "the kernel could not move it",
                     .remedy = "free memory"});
  }
  if (pid == 0) forget_connection_after_fork();
}

}  // namespace redoubt::shim::attested
