// SPDX-License-Identifier: Apache-2.0
//
// One change of a volume: what a record of the log says. The process that makes a change encodes it, writes it and applies it to its
// index; every other process, and recovery, decodes and applies the same. So an operation says everything: numbers of inodes, times,
// slots. A kind never changes its fields; other fields are another kind, and a kind that is not known stops the reader.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "volume/format.h"
#include "volume/volume.h"

namespace redoubt::volume {

enum class Kind : uint16_t {
  kCreate = 1,          // inode, mode...; linked as `name` in `directory`, or nameless when that is 0
  kLink = 2,            // inode as `name` in `directory`
  kUnlink = 3,          // `name` in `directory`; frees a last link at once when flags say so
  kRename = 4,          // `name` in `directory` to `other_name` in `other_directory`
  kChange = 5,          // attributes
  kContent = 6,         // a hole, then blocks, then a size
  kSetExtended = 7,     // `name`, `value`
  kRemoveExtended = 8,  // `name`
  kFree = 9,            // a file without names and openers
  kBarrier = 10,        // what comes before is being made durable
  kSettled = 11,        // it is, up to `durable`; and acknowledged up to `acknowledged`
  kRotate = 12,         // a checkpoint of this point is written; nothing follows in this log
};

// Of kUnlink and kRename: the inode that loses its last name is freed with it.
inline constexpr uint32_t kFreeTarget = 1;
// Of kRename: RENAME_EXCHANGE.
inline constexpr uint32_t kExchange = 2;
// Of kBarrier: its tag goes to a keeper.
inline constexpr uint32_t kTagged = 1;
// Of kChange: which fields count.
enum ChangeMask : uint32_t {
  kChangePermissions = 1,
  kChangeUid = 2,
  kChangeGid = 4,
  kChangeAccessed = 8,
  kChangeModified = 16
};

// Consecutive blocks in consecutive slots, sealed under consecutive counters of the record's epoch. Slot 0: the blocks follow the
// record in the log, in the order of such runs; place_blocks() puts kInLog and the place there.
struct Run {
  uint64_t block = 0, slot = 0, counter = 0;
  uint32_t count = 0;
  const uint8_t* tags = nullptr;  // kMacSize each
};

struct Operation {
  Kind kind{};
  uint64_t durable = 0;  // every operation up to here was durable when this was written
  // Of the record, not of its body:
  uint64_t sequence = 0;
  Epoch epoch{};

  InodeNumber inode = 0, directory = 0, other_directory = 0;
  std::string_view name, other_name, value;
  uint32_t mode = 0, uid = 0, gid = 0, device = 0, flags = 0;
  Time time, accessed, modified;
  uint64_t size = 0;
  uint64_t hole_first = 0, hole_end = 0;  // blocks
  uint64_t acknowledged = 0;
  std::vector<Run> runs;

  void reset(Kind new_kind) {
    runs.clear();
    auto keep = std::move(runs);
    *this = Operation{};
    runs = std::move(keep);
    kind = new_kind;
  }
  // Whether the volume looks different to a program afterwards.
  bool changes() const { return kind < Kind::kBarrier; }
};

// Whether a slot, of a run or a reference, is a place in the log; and which.
inline bool is_in_log(uint64_t slot) { return (slot & kInLog) != 0; }
inline uint64_t log_offset_of(uint64_t slot) { return (slot & ~kInLog) * kRecordAlignment; }
inline constexpr uint64_t kPlacesABlock = kBlockSize / kRecordAlignment;

// Of a record that ends at `offset` of the log: says where its blocks lie, and gives their end.
uint64_t place_blocks(Operation& operation, uint64_t offset);

void encode(const Operation& operation, std::vector<uint8_t>& out);
// False: not an operation of this format. Views lie in `body`; what follows the fields is padding.
[[nodiscard]] bool decode(ByteView body, Operation& operation);

}  // namespace redoubt::volume
