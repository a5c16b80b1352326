// SPDX-License-Identifier: Apache-2.0
//
// Where a volume's bytes lie: a fixed set of host files, opened before the program runs so that a change of user does not lose
// them. Everything read from here is untrusted; so are sizes. An implementation makes host calls and nothing else: in the
// runtime through the gate, in the command through the C library, in tests in memory with power cuts.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace redoubt::volume {

// The host files of a volume, by name below its directory. All are made when the volume is initialised, none later.
enum class HostFile : uint8_t {
  kSuperblockA,  // "superblock.a": which checkpoint and which log are in force; the newer valid one of the pair counts
  kSuperblockB,  // "superblock.b"
  kLogA,         // "log.a": operations since the checkpoint; the two take turns
  kLogB,         // "log.b"
  kCheckpointA,  // "checkpoint.a": all metadata at one point; the two take turns
  kCheckpointB,  // "checkpoint.b"
  kData,         // "data.0": slots of 4 KiB, sparse
};
inline constexpr int kHostFiles = 7;
const char* name_of(HostFile file);

class Storage {
 public:
  virtual ~Storage() = default;

  // Bytes that are there, at most `to.size()`; fewer only at the end of the file. EIO for an answer that no kernel gives.
  virtual Result<size_t> read(HostFile file, uint64_t offset, std::span<uint8_t> to) = 0;
  // All of it. ENOSPC, EDQUOT, EROFS, EIO as the host says; what was written before the error may be there.
  virtual Result<void> write(HostFile file, uint64_t offset, ByteView bytes) = 0;
  // Durable when it returns (fdatasync).
  virtual Result<void> sync(HostFile file) = 0;
  virtual Result<uint64_t> size(HostFile file) = 0;
  virtual Result<void> truncate(HostFile file, uint64_t size) = 0;
  // Gives the space of a range back; the range then reads as zeros or as before. May do nothing.
  virtual void discard(HostFile file, uint64_t offset, uint64_t size) = 0;
};

}  // namespace redoubt::volume
