// SPDX-License-Identifier: Apache-2.0
//
// The rest of a connection that the program has closed: output that the kernel did not take, or a handshake that has to end before
// what was written early may leave. In plain TCP the kernel does that in the background, and close returns at once. Here a thread of
// the runtime's does it, with a descriptor table of its own (CLONE_FILES undone), so that the program may have the number again.
//
// Bounded: kMostFarewells threads, 20 seconds without progress and 60 in all for each. Beyond that the connection is closed
// without close_notify, by which the peer sees that something is missing. Exit waits for them up to three seconds, and ends them.
#pragma once

#include "shim/net/description.h"
#include "shim/net/timeout.h"

namespace redoubt::shim::net::farewell {

// Takes over the descriptor, which the caller closes then. False: too many of them, or no memory for one more thread.
// Called without locks; in no vfork child.
bool begin(const Reference& description, int fd);

// Until there are none, or `patience` is over.
void wait_for_all(const Timeout& patience);

// In the child of fork, which has none of the threads.
void forget_all();

}  // namespace redoubt::shim::net::farewell
