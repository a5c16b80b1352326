// SPDX-License-Identifier: Apache-2.0
//
// What fork means for an attested run: the child has its own copy of the sealed memory with the keys (pool.h), OpenSSL in it is in
// a state between two calls (openssl_use.h), and connections to CAS are the parent's (tag_keeper.h). An unattested run has
// none of these, and pays a few instructions.
#pragma once

#include "base/result.h"

namespace redoubt::shim::attested {

// Of the forking thread, inside ForkLock and after every lock whose holder may use OpenSSL. ENOMEM, and a line on standard
// error: no sealed memory for the child's copy; there must be no fork then, and after_fork is not called.
Result<void> before_fork();
// `pid` as fork returned it.
void after_fork(int pid);

}  // namespace redoubt::shim::attested
