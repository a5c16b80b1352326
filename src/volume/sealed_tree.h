// SPDX-License-Identifier: Apache-2.0
//
// Volumes with `files: authenticated-only`: a tree that lies on the host in the clear, and beside it a seal that says what it
// must be. The seal is one file, ".redoubt-seal" in the volume's directory: every path with its type, mode, owner and, of files,
// size and SHA-256, under one HMAC with a key derived from the volume's. Whoever reads a file compares; what the seal does not
// name does not exist. Names and contents are not confidential. Read-only: a change needs a new seal, by who has the key.
//
//   "RDSEAL1\n"   8 bytes             entries, sorted by path, each:
//   version       u16, 1                path       u16 length, bytes; relative, normalised
//   id            16 bytes, random      kind       u8     0 directory, 1 file, 2 link
//   sequence      u64                   mode       u16    07777
//   entries       u32                   uid, gid   u32 each
//   ...                                 size       u64    files
//   mac           32 bytes              sha256     32     files
//                                       target     u16 length, bytes; links
//
// All integers little-endian. mac: HMAC-SHA256 over everything before it, under HKDF-SHA256(volume key, "redoubt seal 1", id). It
// is the volume's tag too.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "volume/volume.h"

namespace redoubt::volume {

inline constexpr char kSealName[] = ".redoubt-seal";
inline constexpr size_t kLargestSeal = size_t{256} << 20;

struct SealedEntry {
  enum class Kind : uint8_t { kDirectory, kFile, kLink };
  std::string path;  // "usr/bin/tool": relative to the volume, no empty component, no "." and no ".."
  Kind kind = Kind::kDirectory;
  uint16_t mode = 0;
  uint32_t uid = 0, gid = 0;
  uint64_t size = 0;
  ByteArray<32> sha256{};
  std::string target;
};

struct SealedTree {
  ByteArray<16> id{};
  uint64_t sequence = 0;  // one more at every sealing, so that an older seal is an older tag
  std::vector<SealedEntry> entries;
  ByteArray<32> mac{};  // of an opened one

  Tag tag() const { return {sequence, mac}; }
};

// Entries in any order; paths must be unique. The file's bytes.
Bytes write_seal(SealedTree tree, ByteView key);

// volume.format, volume.key (or damaged: the two cannot be told apart), volume.seal for a seal with a right MAC that makes no sense.
Result<SealedTree, OpenFailure> read_seal(ByteView file, ByteView key);

// What a seal is to who keeps the tag.
enum class SealAge : uint8_t { kKnown, kNewer };
// Compares. volume.rollback: an older seal than the kept one, or another of the same sequence. volume.exact: `exact`, and not the one.
Result<SealAge, OpenFailure> compare_seal(const Tag& found, const Tag& kept, bool exact);

}  // namespace redoubt::volume
