// SPDX-License-Identifier: Apache-2.0
//
// Handles: the inodes of volumes that some process of the run has open. A handle is found by its inode, made when there is none,
// and given back when the kernel knows of no holder any more:
//
//   description   an open file: a description of the memory file "handles" with a shared OFD lock on the handle's byte
//   mapping       a description of the arena with such a lock, which lives as long as any mapping made through it, in any process
//
// Both survive close, fork and exec as Linux has it, and end with kill -9. Nobody tells when the last one is gone without a close
// of ours (a process that ends): such handles are found when none is left to give out.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "shim/volumes/control_block.h"
#include "shim/volumes/open_file.h"

namespace redoubt::shim::volumes {

// ---- What the position of a description says. ----

struct Description {
  int access = 0;  // O_RDONLY, O_WRONLY, O_RDWR, O_PATH
  Handle handle = 0;
  uint64_t position = 0;
};
uint64_t encode(const Description& description);
Description decode(uint64_t position);

// Of a descriptor that stands for an open file of a volume.
std::optional<Description> describe(int fd);
Result<void> store_position(int fd, const Description& description);

// ---- Ranges of the memory files "handles" and "locks" that stand for something of one file. ----

inline constexpr int kLockBits = 46;
constexpr uint64_t open_byte(Handle handle) { return uint64_t{handle} << kLockBits; }
constexpr uint64_t flock_byte(Handle handle) { return open_byte(handle) + 1; }
// Locks on ranges of the file itself: from here, kPart bytes.
constexpr uint64_t lock_base(Handle handle) { return open_byte(handle) + (uint64_t{1} << (kLockBits - 1)); }

// ---- The table. ----

HandleEntry& entry_of(Handle handle);
FileId file_of(Handle handle);

// The handle of an inode, or 0.
Handle find_handle(FileId file);
// Finds or makes one, and makes the description `fd` of the memory file "handles" a holder. ENFILE.
Result<Handle> hold(FileId file, int fd);
// Whether a description or a mapping holds it.
bool is_in_use(Handle handle);
bool is_mapped_somewhere(Handle handle);
// Makes `arena_fd`, a description of the arena, a holder: for as long as anybody maps it.
Result<void> hold_by_mapping(Handle handle, int arena_fd);
// Gives the handle back if nobody holds it. True when it did; the file then has no opener.
bool give_back_if_unused(Handle handle);

}  // namespace redoubt::shim::volumes
