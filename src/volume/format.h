// SPDX-License-Identifier: Apache-2.0
//
// What lies in the host files of a volume, to the byte; docs/volume-format.md explains it. Everything is little-endian. Three kinds
// of thing are written besides blocks, which are ciphertext and nothing else, in slots of the data file or in a log behind the
// record that names them:
//
//   superblock   one page: which checkpoint and log are in force. Generation g lies in superblock.a when g is even, else in .b.
//   record       one operation, in a log. Sealed with a key of the opener that wrote it, chained by the tag of the one before.
//   chunk        a piece of a checkpoint.
//
// The clear parts (sizes, sequence, epoch, counter) are authenticated as associated data; what they lead to is not believed before.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/little_endian.h"
#include "volume/storage.h"
#include "volume/volume.h"

namespace redoubt::volume {

inline constexpr uint32_t kFormatVersion = 1;
inline constexpr size_t kMacSize = 16;
inline constexpr size_t kSuperblockSize = 4096;
inline constexpr size_t kRecordAlignment = 64;
inline constexpr size_t kLargestRecord = size_t{1} << 20;
inline constexpr size_t kLargestChunk = size_t{1} << 18;
inline constexpr size_t kTagsKept = 64;
inline constexpr uint64_t kSlotLimit = uint64_t{1} << 39;  // slot 0 is none; in a record: in the log, behind it
inline constexpr uint64_t kInLog = kSlotLimit;  // in the index: or'ed with a place in the log, in kRecordAlignment
inline constexpr uint64_t kEpochLimit = uint64_t{1} << 24;  // epochs that one index can name
inline constexpr uint64_t kFileLimit = uint64_t{1} << 44;   // bytes of one file

using Epoch = ByteArray<16>;
using VolumeId = ByteArray<16>;
using Mac = ByteArray<kMacSize>;

// What a superblock says about the volume as a whole.
enum class State : uint8_t {
  kInitialising = 0,  // the other files are being made; nothing was ever kept here
  kReady = 1,
};

struct SuperblockHeader {
  uint8_t magic[8];       // "REDOUBTV"
  U32Le version;          // kFormatVersion
  U32Le size;             // kSuperblockSize
  uint8_t volume_id[16];  // random, made at initialisation
  uint8_t key_check[16];  // HKDF of the volume key and id: tells a wrong key from damage
  uint8_t epoch[16];      // names the key that seals the rest
  U64Le counter;          // nonce
  uint8_t tag[kMacSize];
};
static_assert(sizeof(SuperblockHeader) == 88 && offsetof(SuperblockHeader, tag) == 72);
inline constexpr char kSuperblockMagic[] = "REDOUBTV";

struct TagEntry {
  U64Le sequence;
  uint8_t mac[32];
};

struct SuperblockBody {
  U64Le generation;
  U64Le sequence;           // of the last record that the checkpoint contains
  uint8_t chain[kMacSize];  // its tag: what the first record of the log is chained to
  uint8_t state;            // State
  uint8_t reserved[3];      // 0
  U32Le tag_count;          // below
  U64Le chunk_count;        // of the checkpoint; 0: the empty volume
  U64Le first_counter;      // of its chunks
  uint8_t chunk_epoch[16];
  U64Le chunk_bytes;         // of the checkpoint's file
  TagEntry tags[kTagsKept];  // handed to a keeper, and perhaps still the one it keeps
};
static_assert(sizeof(TagEntry) == 40 && sizeof(SuperblockBody) == 80 + kTagsKept * 40);
static_assert(sizeof(SuperblockHeader) + sizeof(SuperblockBody) <= kSuperblockSize);

struct RecordHeader {
  U32Le magic;     // kRecordMagic
  U32Le size;      // header, body and padding: a multiple of kRecordAlignment
  U64Le sequence;  // one more than the record before
  uint8_t epoch[16];
  U64Le counter;
  uint8_t previous[kMacSize];  // tag of the record before
  uint8_t tag[kMacSize];       // over volume id, generation, all above, and the body
};
static_assert(sizeof(RecordHeader) == 72 && offsetof(RecordHeader, tag) == 56);
inline constexpr uint32_t kRecordMagic = 0x474f4c52;  // "RLOG"

struct ChunkHeader {
  U32Le magic;  // kChunkMagic
  U32Le size;   // of the sealed bytes that follow
  uint8_t tag[kMacSize];
};
static_assert(sizeof(ChunkHeader) == 24);
inline constexpr uint32_t kChunkMagic = 0x4b484352;  // "RCHK"

// Associated data.
struct RecordContext {
  uint8_t volume_id[16];
  U64Le generation;
  uint8_t header[offsetof(RecordHeader, tag)];
};
static_assert(sizeof(RecordContext) == 80);

struct ChunkContext {
  uint8_t volume_id[16];
  U64Le generation, index;
  U32Le size;
};
static_assert(sizeof(ChunkContext) == 36);

struct BlockContext {
  uint8_t volume_id[16];
  U64Le inode, block;
};
static_assert(sizeof(BlockContext) == 32);

inline HostFile superblock_of(uint64_t generation) {
  return generation % 2 == 0 ? HostFile::kSuperblockA : HostFile::kSuperblockB;
}
inline HostFile log_of(uint64_t generation) { return generation % 2 == 0 ? HostFile::kLogA : HostFile::kLogB; }
inline HostFile checkpoint_of(uint64_t generation) {
  return generation % 2 == 0 ? HostFile::kCheckpointA : HostFile::kCheckpointB;
}

template <typename Struct>
ByteView bytes_of(const Struct& value) {
  return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}

}  // namespace redoubt::volume
