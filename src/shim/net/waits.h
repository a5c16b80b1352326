// SPDX-License-Identifier: Apache-2.0
//
// Waiting for many descriptors, some of which are shielded. `mask` is the address of the kernel's signal mask for the wait, or 0:
// process/signal_calls.cc swaps the program's and calls these (hooks.h), so that swapping and waiting stay one step.
#pragma once

#include <cstdint>

#include "shim/abi/restart.h"
#include "shim/net/calls.h"

namespace redoubt::shim::net {

Answer wait_epoll(int fd, uint64_t events_at, int most, int64_t nanoseconds, bool is_fine, uint64_t mask);
Answer wait_poll(uint64_t fds_at, uint64_t count, int64_t nanoseconds, uint64_t mask, int64_t* left);
struct SelectSets {
  uint64_t at[3];  // read, write, except
};
Answer wait_select(int count, const SelectSets& sets, int64_t nanoseconds, uint64_t mask, int64_t* left);

// poll and its kin never restart. A signal that was seen before the first wait is as if the call had not begun; one that was seen
// between two waits of one call of the program has interrupted it.
inline int64_t raw_after_wait(int64_t raw, bool is_first) {
  return raw == abi::kRestartAlways && !is_first ? -EINTR : raw;
}

}  // namespace redoubt::shim::net
