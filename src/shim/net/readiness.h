// SPDX-License-Identifier: Apache-2.0
//
// What a wait reports about a shielded connection, and what the kernel must be asked to find it out. poll's and epoll's bits have
// the same values. Description::mutex is held.
#pragma once

#include <cstdint>

#include "shim/net/description.h"

namespace redoubt::shim::net {

// The bits to give to the kernel for a program that wants `wanted` of a level-triggered wait.
uint32_t kernel_bits(Connection& connection, uint32_t wanted);

// After the kernel said `seen` (0: nothing): moves the connection on and returns what is true of `wanted`, errors and hang-ups always.
uint32_t advance(Connection& connection, int fd, uint32_t wanted, uint32_t seen);

}  // namespace redoubt::shim::net
