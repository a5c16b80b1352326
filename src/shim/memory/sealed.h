// SPDX-License-Identifier: Apache-2.0
//
// Memory that the kernel does not map for itself (memfd_secret, Linux 5.14): /proc/PID/mem, process_vm_readv, O_DIRECT and core
// dumps cannot read it, root included. Descriptors are closed at once after mapping. It is shared memory only, so after fork
// parent and child see the same bytes; not executable; counted against RLIMIT_MEMLOCK.
//
// Where the kernel has none, start() fails unless the user said --insecure-unsealed-keys: then it is ordinary shared memory,
// left out of core dumps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace redoubt::shim::sealed {

// Before anything else here. ENOSYS, EPERM: no sealed memory, and `insecure` is false.
Result<void> start(bool insecure);
bool is_insecure();

// Page-aligned, zeroed, prefaulted when `populate`. ENOMEM: the limit on locked memory among other things.
Result<std::span<uint8_t>> map(size_t size, bool populate);
// Wiped before it is given back.
void unmap(std::span<uint8_t> memory);

}  // namespace redoubt::shim::sealed
