// SPDX-License-Identifier: Apache-2.0
//
// What one process knows of a volume at one point of its history: the index, and where the log goes on. Moves on by one operation
// at a time, the same way in the process that wrote it, in those that follow and in recovery.
#pragma once

#include "volume/index.h"
#include "volume/keys.h"
#include "volume/log.h"

namespace redoubt::volume {

struct Place {
  HostFile file{};
  uint64_t offset = 0;
  bool operator==(const Place&) const = default;
};

struct View {
  Index index;
  LogPosition at;
  uint64_t base = 0;              // sequence of the checkpoint that the log goes on from: durable
  uint64_t checkpoint_bytes = 0;  // its size
  std::vector<KnownTag> tags;     // handed to the keeper, from the last that it is known to keep
  uint64_t tip_sequence = 0;      // the last change or barrier
  Mac tip_chain{};
  uint64_t data_sequence = 0;  // the last operation that names new slots of the data file
  uint64_t bytes_in_log = 0;   // of blocks that went into the log since the last barrier record

  // After `operation` (of `after.sequence`) was read or written. False: it does not fit.
  [[nodiscard]] bool step(const KeyRing& keys, const Operation& operation, const LogPosition& after) {
    if (!index.apply(operation)) return false;
    at = after;
    for (const Run& run : operation.runs) {
      if (is_in_log(run.slot)) {
        bytes_in_log += uint64_t{run.count} * kBlockSize;
      } else {
        data_sequence = after.sequence;
      }
    }
    if (operation.kind == Kind::kBarrier) bytes_in_log = 0;
    if (operation.changes() || operation.kind == Kind::kBarrier) {
      tip_sequence = after.sequence;
      tip_chain = after.chain;
    }
    if (operation.kind == Kind::kBarrier && (operation.flags & kTagged) != 0) {
      tags.push_back({after.sequence, keys.tag_mac(after.sequence, after.chain)});
    }
    while (tags.size() > 1 && tags[1].sequence <= index.acknowledged) tags.erase(tags.begin());
    return true;
  }
  // Where a block lies that `index` names.
  Place place(const BlockRef& ref) const {
    if (ref.is_in_log()) return {log_of(at.generation), log_offset_of(ref.slot)};
    return {HostFile::kData, ref.slot * kBlockSize};
  }
  // Everything up to here is durable, as far as the log says.
  uint64_t durable() const { return std::max(base, index.durable); }
};

}  // namespace redoubt::volume
