// SPDX-License-Identifier: Apache-2.0
//
// Peers that stop within their handshake. Each would hold a descriptor and sealed memory for as long as the program lets it, and a
// program that speaks plain TCP may have no reason to think of it. So a handshake has a time limit (policy.h), from the moment at
// which the program first asks for bytes or room: a program that lets an accepted connection lie does not punish its peer.
//
// No timer: such a peer is in nobody's way until the next one comes. accept looks for them, at most once a second, before it asks
// the kernel, which may have no descriptor left.
#pragma once

#include "shim/net/description.h"

namespace redoubt::shim::net::handshakes {

void watch(const Reference& accepted);
// Their connections fail (ECONNRESET), with a line and a counter each. Called without locks.
void end_slow_ones();

// A leaf in the lock order of description.h.
void lock_for_fork();
void unlock_after_fork();

}  // namespace redoubt::shim::net::handshakes
