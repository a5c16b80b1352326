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
#include "shim/process/program_file.h"

namespace redoubt::shim::sealed {

// Before anything else here. ENOSYS, EPERM: no sealed memory, and `insecure` is false.
Result<void> start(bool insecure);
bool is_insecure();
// Instead of start() in an image that exec started: as the previous one found it.
void adopt(bool insecure);

// Page-aligned, zeroed, prefaulted when `populate`. ENOMEM: the limit on locked memory among other things.
Result<std::span<uint8_t>> map(size_t size, bool populate);
// Wiped before it is given back.
void unmap(std::span<uint8_t> memory);
// Not wiped: another process has it mapped and goes on using it (pool.cc, around fork).
void leave(std::span<uint8_t> memory);

// Address space for later mappings; nothing can be read or written there. ENOMEM.
Result<std::span<uint8_t>> reserve(size_t size);
// Moves a whole mapping to `to`, over whatever is mapped there.
Result<void> move(std::span<uint8_t> memory, uint8_t* to);

// The same with its descriptor, close-on-exec, for what the next image of this process is to read. While it is open, whoever may
// take descriptors of this process (pidfd_getfd: root, the same user's debugger) reads the memory.
struct SealedFile {
  OwnedFd descriptor;
  std::span<uint8_t> memory;
};
Result<SealedFile> create_file(size_t size);
// Maps such a file again; the descriptor stays the caller's. EINVAL for what is no such file, or larger than `limit`.
Result<std::span<uint8_t>> map_file(int fd, size_t limit);
// Whether a descriptor is of secret memory.
bool is_secret(int fd);

}  // namespace redoubt::shim::sealed
