// SPDX-License-Identifier: Apache-2.0
//
// What the files of volumes hold, as every process of the run must see it: in the volume, and for files that somebody maps
// MAP_SHARED in the arena as well, where the program stores without a call. While a file is mapped (kMapped), its pages from
// mapped_begin to mapped_end are in the arena and count; calls read them there, and write both. What was stored is written to the
// volume by flush(): at msync, munmap, fsync, close, exec and exit, by comparing, since nobody tells which pages were stored to.
//
// A process that is killed leaves its stores in the arena, as natively in the page cache; the next flush of anybody writes them.
//
// Paths are no concern here: open(O_TRUNC) and truncate(2) go through truncate_content() too.
#pragma once

#include <span>

#include "shim/volumes/control_block.h"
#include "shim/volumes/open_file.h"

namespace redoubt::shim::volumes {

Result<size_t> read_content(Handle handle, uint64_t offset, std::span<uint8_t> to);
Result<void> write_content(Handle handle, uint64_t offset, ByteView bytes);
Result<uint64_t> append_content(Handle handle, ByteView bytes);
Result<void> truncate_content(Handle handle, uint64_t size);
Result<void> punch_content(Handle handle, uint64_t offset, uint64_t size);

// Makes the arena hold the file's pages from `begin` to `end`, and `arena_fd` a holder of the mapping that is about to be made;
// kNoDescription when one that exists grows.
inline constexpr int kNoDescription = -1;
Result<void> prepare_mapping(Handle handle, uint64_t begin, uint64_t end, int arena_fd, bool may_store);
// Writes what was stored into the file's pages to the volume. Gives the pages back when nobody maps them any more.
Result<void> flush(Handle handle);
// All files that are mapped. The first error.
Result<void> flush_all();

// Durable, with everything else of its volume: fsync.
Result<void> flush_and_settle(Handle handle);
Result<void> settle_volume(size_t index);

}  // namespace redoubt::shim::volumes
