// SPDX-License-Identifier: Apache-2.0
//
// How a record is sealed: so that it opens only in the database, at the kind, name and version it was written for.
//
//   root key (root_key.h)
//     └ HKDF-SHA256(salt: the database's id, info: "redoubt cas database 1")        database key
//         ├ HKDF(info: "redoubt cas key check 1")       stored in the clear: tells a wrong root key from damage
//         ├ HKDF(info: "redoubt cas place 1")           key of the PRF over places, memory_index.h
//         ├ HKDF(info: "redoubt cas frame 1")           key of the MAC over frames, commit_journal.h
//         └ HKDF(info: "redoubt cas kind 1" ‖ kind)                                 one key a kind of record
//             └ HKDF(salt: 32 random bytes of the record, info: "redoubt cas record 1")   one key a sealing
//                 └ AES-256-GCM, 96-bit random nonce
//
// Every sealing has a key of its own, so nonces cannot repeat under a key however many records are written. The additional
// data are format version ‖ kind ‖ length of the name ‖ name ‖ version of the record. Names are not confidential and stand in
// the clear beside the sealed bytes. Sizes show.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret_bytes.h"

namespace redoubt::cas {

inline constexpr uint8_t kSealFormat = 1;
inline constexpr size_t kSealSaltSize = 32;
// format ‖ salt ‖ nonce ‖ tag ‖ ciphertext
inline constexpr size_t kSealNonceAt = 1 + kSealSaltSize;
inline constexpr size_t kSealTagAt = kSealNonceAt + 12;
inline constexpr size_t kSealHeaderSize = kSealTagAt + 16;

// Kinds of records, with room for more.
inline constexpr size_t kRecordKinds = 16;

// Where a record belongs.
struct Place {
  uint8_t kind;  // below kRecordKinds
  std::string_view name;
  uint64_t version;
};

class Sealer {
 public:
  // `database_id`: 32 random bytes that stand in the clear in the database.
  static Result<Sealer, Error> create(const SecretBytes& root_key, const ByteArray<32>& database_id);

  const ByteArray<32>& key_check() const { return key_check_; }

  Result<Bytes, Error> seal(const Place& place, ByteView plain) const;
  // kUnauthentic, without a reason why, unless `sealed` was made by seal() for the same place.
  Result<SecretBytes, Error> open(const Place& place, ByteView sealed) const;

  // A keyed digest of a place and of which sealing lies there; the salt names the sealing. Error: `sealed` is too short.
  Result<ByteArray<32>, Error> place_digest(const Place& place, ByteView sealed_header) const;

  // Of the parts, one after the other: the caller's format says where each ends.
  ByteArray<32> frame_mac(std::initializer_list<ByteView> parts) const;

 private:
  Sealer() = default;
  Result<SecretBytes, Error> record_key(uint8_t kind, ByteView salt) const;

  std::array<SecretBytes, kRecordKinds> kind_keys_;
  SecretBytes place_key_;
  SecretBytes frame_key_;
  ByteArray<32> key_check_{};
};

}  // namespace redoubt::cas
