// SPDX-License-Identifier: Apache-2.0
//
// Files of volumes in the program's address space.
//
//   MAP_PRIVATE   anonymous memory, filled when it is mapped; zeros behind the end of the file
//   MAP_SHARED    a range of the arena (content.h), mapped through a description of its own that says that the file is mapped
//                 for as long as the kernel has any part of the mapping, in this process or one forked from it
//
// Never executable. This table says which addresses belong to which file, for msync and munmap; memory_calls.cc keeps it beside
// AddressSpace's ranges, under the same mutex.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "shim/syscalls/call.h"
#include "shim/volumes/handles.h"
#include "shim/volumes/mapping_table.h"

namespace redoubt::shim::volumes {

// The process's. Guarded by AddressSpace::mutex.
MappingTable& mappings();

// ---- For memory_calls.cc, under AddressSpace::mutex. Cheap while nothing of a volume is mapped. ----

// What of files is mapped in a range, before it is unmapped, replaced or moved.
std::vector<Handle> mapped_in(uint64_t begin, uint64_t end);
void forget_mapping(uint64_t begin, uint64_t end);
// After it: what was stored there goes to the files, and files that nobody holds any more end.
void after_unmapping(const std::vector<Handle>& handles);
// mremap is about to show `size` bytes of what is mapped at an address: the arena is made to hold them.
Result<void> before_growing(uint64_t address, uint64_t size);
void after_moving(uint64_t from, uint64_t from_end, bool keeps_old, uint64_t to, uint64_t to_end,
                  const std::vector<Handle>& replaced);

// msync, which the kernel has looked at already: to the files, and with MS_SYNC to the disk.
int64_t sync_mapping(Call& call);

}  // namespace redoubt::shim::volumes
