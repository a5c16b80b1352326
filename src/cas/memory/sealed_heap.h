// SPDX-License-Identifier: Apache-2.0
//
// The heap of CAS: memory that the kernel does not map for itself (memfd_secret, Linux 5.14), so that /proc/PID/mem, ptrace, gdb and core
// files show nothing of sessions, secrets and keys. Everything that C++ (new_delete.cc), OpenSSL and SQLite allocate lies here. What is
// freed is wiped. Stacks, registers and the kernel's socket buffers are ordinary memory, and root can still change what CAS executes.
//
// Blocks of powers of two with a header that says which; each power has a free list under a lock of its own. Small blocks are cut
// from slabs of 1 MiB; what was larger stays in its list. Memory is never given back: CAS's limits bound what it can come to.
#pragma once

#include <cstddef>

namespace redoubt::cas::sealed_heap {

// Aligned to 16. Null when there is no memory.
void* allocate(size_t size) noexcept;
void* resize(void* block, size_t size) noexcept;
// Wiped at once. Null is allowed.
void release(void* block) noexcept;
size_t size_of(const void* block) noexcept;

// Lets OpenSSL and SQLite take their memory here. Before either has taken any.
void take_over_libraries();

// Whether some of it is ordinary memory: the kernel has no memfd_secret, or RLIMIT_MEMLOCK is reached.
bool is_partly_unsealed() noexcept;

}  // namespace redoubt::cas::sealed_heap
