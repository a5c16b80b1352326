// SPDX-License-Identifier: Apache-2.0
//
// The superblocks: what is in force. Written alternately, so a power cut leaves one of them whole; and never the same one twice
// before the other has been, so a damaged one is either the one that was being written, or damage (engine_open.cc tells).
#pragma once

#include <vector>

#include "volume/index.h"
#include "volume/keys.h"
#include "volume/storage.h"

namespace redoubt::volume {

struct Superblock {
  State state = State::kReady;
  uint64_t generation = 0, sequence = 0;
  Mac chain{};
  // The checkpoint.
  uint64_t chunk_count = 0, first_counter = 0, chunk_bytes = 0;
  Epoch chunk_epoch{};
  std::vector<KnownTag> tags{};
};

// What one superblock file holds.
enum class Found : uint8_t {
  kMissing,   // no such file
  kEmpty,     // no bytes, or zeros only
  kForeign,   // not a superblock of Redoubt
  kVersion,   // of another format version
  kOtherKey,  // made with another key, or damaged just there
  kOther,     // of another volume than the ring's
  kDamaged,   // ours, but not authentic
  kValid,
};

struct FoundSuperblock {
  Found found = Found::kMissing;
  VolumeId volume_id{};
  uint32_t version = 0;
  int error = 0;  // of the host, when the file could not be read
  Superblock superblock;
};

// kAny, while a volume is being opened: sets the ring's volume id when the key check holds. kOurs: the ring stays what it is.
enum class Whose : uint8_t { kAny, kOurs };
FoundSuperblock read_superblock(Storage& storage, KeyRing& keys, HostFile file, Whose whose);
// The page to write, sealed under `epoch` and `counter`.
std::vector<uint8_t> seal_superblock(KeyRing& keys, const Superblock& superblock, const Epoch& epoch, uint64_t counter);

}  // namespace redoubt::volume
