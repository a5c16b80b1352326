// SPDX-License-Identifier: Apache-2.0
//
// A checkpoint: the whole index at one point, as a stream of entries cut into sealed chunks. Chunk i is sealed under the counter
// first + i of the epoch that the superblock names, and bound to its generation and place; the superblock says how many. So
// none can be missing, moved or old.
//
// The stream: epochs in use, then each inode with its names, blocks (as runs), target and attributes of the extended kind.
#pragma once

#include "volume/index.h"
#include "volume/keys.h"
#include "volume/storage.h"
#include "volume/superblock.h"

namespace redoubt::volume {

// Writes `index` to the checkpoint file of superblock.generation, from counter `first_counter` on, and fills in the superblock's
// members about it. Syncs nothing.
Result<void> write_checkpoint(Storage& storage, KeyRing& keys, const Index& index, const Epoch& epoch,
                              uint64_t first_counter, Superblock& superblock);

// Fills an empty index. EIO: not what was written; `offset` is then where in the file.
Result<void> read_checkpoint(Storage& storage, KeyRing& keys, const Superblock& superblock, Index& index,
                             uint64_t& offset);

}  // namespace redoubt::volume
