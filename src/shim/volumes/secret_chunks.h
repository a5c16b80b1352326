// SPDX-License-Identifier: Apache-2.0
//
// Sealed memory in small pieces, for the keys of volumes. Sealed memory is shared after fork: what parent and child took from the
// rest of one chunk would be the same bytes, so a child begins with a chunk of its own. What was given out before stays as it is,
// and is never written again.
#pragma once

#include <cstdint>
#include <span>

namespace redoubt::shim::volumes {

// Aligned to 64, zeroed, for ever. Empty: no sealed memory is left (RLIMIT_MEMLOCK).
std::span<uint8_t> allocate_secret(size_t size);
// In a child of fork.
void drop_secret_chunk();

}  // namespace redoubt::shim::volumes
