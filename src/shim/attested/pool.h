// SPDX-License-Identifier: Apache-2.0
//
// The memory of an attested start: everything OpenSSL allocates (session keys, traffic secrets), the keys, and what CAS sends
// lie in this pool of sealed memory (memory/sealed.h), and all of it is wiped and given back before the program runs.
//
// Blocks of powers of two with a free list each, cut from chunks; larger ones are mappings of their own. One thread uses it,
// before there are others. A page of sealed memory costs some 15 microseconds when it is first touched, so that nothing is
// touched in advance and freed blocks are used again first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace redoubt::shim::attested::pool {

// Zeroed the first time only. Null: no memory, or the pool has ended.
void* allocate(size_t size);
void* resize(void* block, size_t size);
// Wiped at once. Null is allowed.
void release(void* block);

// An array of bytes in the pool that is given back with the pool. Empty when there is no memory.
std::span<uint8_t> bytes(size_t size);

// Wipes and unmaps everything; later requests get nothing.
void end();

}  // namespace redoubt::shim::attested::pool
