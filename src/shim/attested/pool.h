// SPDX-License-Identifier: Apache-2.0
//
// The memory for secrets of an attested run: what OpenSSL allocates (openssl_start.h), keys of volumes and connections, what CAS
// sends. It is sealed memory (memory/sealed.h), in chunks of 256 KiB at fixed places of one reserved range, cut into pages of
// one block size each. What is in use is recorded in ordinary memory, so that freed pages serve any size again and fork knows
// what has to be copied. Blocks above 32 KiB are mappings of their own.
//
// A page of sealed memory costs some 15 microseconds when it is first touched: nothing is touched in advance, and pages that
// were used are used again first. Chunks are not given back before end().
//
// fork: sealed memory is shared memory, which fork does not copy. before_fork() copies every page in use into fresh sealed memory,
// which the child moves to the place of the original: same addresses, a copy of its own. Children that share their parent's
// memory (vfork) share the pool too. Any thread, except around fork: nobody else may be inside then (openssl_start.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace redoubt::shim::attested::pool {

// Aligned to 64. Not zeroed. Null: the limit on locked memory is reached, or the pool has ended.
void* allocate(size_t size);
void* resize(void* block, size_t size);
// Wiped at once. Null is allowed.
void release(void* block);
// Whether a block is the pool's.
bool owns(const void* block);

// An array of bytes, released by its data(). Empty when there is no memory.
std::span<uint8_t> bytes(size_t size);

// Pages in use, in bytes: what fork has to copy.
size_t used();

// ENOMEM: no room for a second copy, nothing was done. Each success is followed by one after_fork in the parent (also when the
// fork failed: `has_child` false) and one in the child. False in the child when it has no copy: it cannot go on.
Result<void> before_fork();
void after_fork_in_parent(bool has_child);
[[nodiscard]] bool after_fork_in_child();

// Wipes and unmaps everything; later requests get nothing.
void end();

}  // namespace redoubt::shim::attested::pool
