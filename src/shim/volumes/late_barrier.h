// SPDX-License-Identifier: Apache-2.0
//
// The barrier that a close leaves for later. A barrier costs a sync and an exchange with CAS, so that a program that writes ten
// thousand small files makes one a second and not one a file; but what was closed is durable and tagged within that second,
// whatever the program does then, also nothing.
//
// A thread of the runtime's makes it: started by the first such close, it sleeps, makes the barriers that were asked for until then
// and ends. So it is there for a second after a close, and not at all in a program that only reads. A child of fork has none
// and starts its own; exec and exit make a barrier themselves before they end it; a process that is killed takes it along.
#pragma once

#include <cstddef>

namespace redoubt::shim::volumes::late_barrier {

// One of volume `index` within a second. False, when there can be no thread: the caller makes it. In no vfork child.
[[nodiscard]] bool ask(size_t index);

// In the child of fork.
void forget();

}  // namespace redoubt::shim::volumes::late_barrier
