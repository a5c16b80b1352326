// SPDX-License-Identifier: Apache-2.0
//
// What stands in the journal of commits, to the byte (commit_journal.h says what it is for). Integers are little-endian.
//
//   file   kJournalSize bytes, from the beginning: frames, each at a multiple of kJournalBlock; zeros or older frames behind them
//   frame  FrameHeader, then change_count times: ChangeHeader, name, sealed record (sealing.h)
//
// Frames are numbered as commits are, without gaps. No frame shares a block with another, so that writing one, torn or not, cannot
// damage one that was acknowledged.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/little_endian.h"

namespace redoubt::cas {

inline constexpr size_t kJournalBlock = 4096;
inline constexpr size_t kJournalSize = 1024 * kJournalBlock;
inline constexpr uint32_t kFrameVersion = 1;
inline constexpr char kFrameMagic[] = "RDBTCMIT";

struct FrameHeader {
  uint8_t magic[8];    // kFrameMagic
  U32Le version;       // kFrameVersion
  U32Le size;          // of the frame, this header included
  U64Le commits;       // how many commits there have been with this one
  U32Le change_count;  // at least 1
  uint8_t mac[32];     // Sealer::frame_mac of the frame without this, and of the sum of the index after it
};
static_assert(sizeof(FrameHeader) == 60 && offsetof(FrameHeader, size) == 12 && offsetof(FrameHeader, commits) == 16 &&
              offsetof(FrameHeader, mac) == 28 && alignof(FrameHeader) == 1);

struct ChangeHeader {
  uint8_t kind;  // RecordKind
  U32Le name_size;
  U64Le version;
  U32Le sealed_size;
};
static_assert(sizeof(ChangeHeader) == 17 && offsetof(ChangeHeader, version) == 5 && alignof(ChangeHeader) == 1);

}  // namespace redoubt::cas
