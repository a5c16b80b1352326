// SPDX-License-Identifier: Apache-2.0
//
// Descriptors that go over unix sockets (SCM_RIGHTS, unix(7)). The kernel passes open files, and what one of the shim's stands for
// says its position (volumes/mounts.h), which whoever has it may set: with the descriptor of one file a peer would have all files
// of all volumes. So none is sent, and one that comes from elsewhere is not taken for ours.
//
// Control messages are looked at in the shim's memory: what was looked at is what the kernel gets, or has written.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace redoubt::shim {

struct Call;

namespace passed_descriptors {

using Control = std::vector<uint8_t>;

// Of a message that the program sends. EFAULT; ENOBUFS as the kernel for more than it takes.
Result<Control> copy(const msghdr& message);

// EPERM: a file of a volume, an injected one, a directory or a code file of the namespace. EBADF: one of the window.
Result<void> may_pass(std::span<const uint8_t> control);

// recvmsg and recvmmsg of a socket that nobody shields. `adopt` (may be null) hears of every descriptor that came; one that stands
// for a file of ours has become an empty file by then.
int64_t receive(Call& call, void (*adopt)(int fd));

}  // namespace passed_descriptors
}  // namespace redoubt::shim
