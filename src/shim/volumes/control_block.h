// SPDX-License-Identifier: Apache-2.0
//
// The beginning of the arena: what the processes of a run share about their volumes. Made zeroed by the first image and mapped by
// every later one. Holds numbers only: how far logs go, which inodes are open, who holds a lock.
//
// The arena is one sparse memory file. Part h of it, kPart bytes from h * kPart on, holds the pages of the file with handle h
// while somebody maps it MAP_SHARED; part 0 is this block, and handle 0 is never given out.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "shim/volumes/shared_lock.h"

namespace redoubt::shim::volumes {

using Handle = uint32_t;
inline constexpr int kHandleBits = 17;
inline constexpr uint32_t kHandleCount = 1U << kHandleBits;
inline constexpr int kOffsetBits = 44;
inline constexpr uint64_t kPart = uint64_t{1} << kOffsetBits;
// As ext4 with blocks of 4 KiB.
inline constexpr uint64_t kLargestFile = kPart - 4096;
inline constexpr size_t kMostVolumes = 7;  // of a run: as many as the window has numbers for
inline constexpr uint32_t kBucketCount = 1U << 16;

struct alignas(128) VolumeControl {
  SharedLock changes;
  SharedLock barrier;
  // The head is in slot `published` % 2; a reader whose slot changed under it sees another number.
  std::atomic<uint64_t> published;
  struct {
    std::atomic<uint64_t> generation, offset, sequence, chain[2];
  } heads[2];
  std::atomic<uint64_t> settled;
  std::atomic<int64_t> settled_at;  // CLOCK_MONOTONIC, nanoseconds
  std::atomic<bool> is_stopped;
};

// Flags of a handle.
inline constexpr uint32_t kWritten = 1;         // or made, since the last barrier that a close made or left for later
inline constexpr uint32_t kMapped = 2;          // somebody maps the file MAP_SHARED, or did and is gone
inline constexpr uint32_t kMappedWritable = 4;  // ... and may store into it
inline constexpr uint32_t kMayGetName = 8;      // a file of O_TMPFILE that was not made with O_EXCL

struct alignas(64) HandleEntry {
  std::atomic<uint64_t> file;  // FileId, packed; 0: free
  std::atomic<uint32_t> next;  // in its bucket, or among the free
  std::atomic<uint32_t> flags;
  SharedLock position;  // of calls that use the position of a description. Before `mapping`
  SharedLock mapping;   // of the pages in the arena, and calls on a file that has some. Before the volume's own
  // The pages that the arena holds, in bytes of the file; guarded by `mapping`.
  std::atomic<uint64_t> mapped_begin, mapped_end;
};
static_assert(sizeof(HandleEntry) == 64);

struct ControlBlock {
  VolumeControl volumes[kMostVolumes];
  SharedLock handles;               // guards the lists below, and the making of handles
  std::atomic<uint32_t> used;       // entries from here on were never used
  std::atomic<uint32_t> free_list;  // 0: empty
  std::atomic<uint32_t> buckets[kBucketCount];
  HandleEntry entries[kHandleCount];
};
static_assert(sizeof(ControlBlock) <= kPart);

// Makes the memory files of a run and maps the block; after exec maps it again. Descriptors: window slots kHandles, kPosixLocks
// and kArena.
ControlBlock& control();
bool make_shared_memory();
bool map_shared_memory();

}  // namespace redoubt::shim::volumes
