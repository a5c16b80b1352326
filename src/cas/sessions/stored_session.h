// SPDX-License-Identifier: Apache-2.0
//
// The two records of a session in the store, as wire/codec.h lays them down. They are written in one commit. The materials name
// the session they were made for, so that a reader who gets one record before an update and the other after it notices.
//
//   kSession     the text as it was sent, who created it, its hash and when it was made and changed
//   kMaterials   what its secrets are (secrets/material.h), with the hash of their session
//
// The hash is the one that was computed when the session was put: predecessors and exports refer to it, so a later version of
// this program that computes hashes another way must not change it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/secret_bytes.h"
#include "wire/codec.h"

namespace redoubt::cas {

inline constexpr uint16_t kRecordVersion = 1;

struct SessionRecord {
  uint16_t version = kRecordVersion;
  std::string_view yaml;
  std::string_view creator;  // SHA-256 of the client's SubjectPublicKeyInfo, hex
  std::string_view hash;     // 64 hexadecimal digits
  uint64_t created = 0;      // seconds since 1970
  uint64_t updated = 0;
};

struct MaterialsRecord {
  uint16_t version = kRecordVersion;
  std::string_view session_hash;
  ByteView materials;  // encode_materials
};

template <typename Archive>
bool fields(Archive& a, wire::Of<Archive, SessionRecord>& m) {
  return a.number(m.version) && a.text(m.yaml) && a.text(m.creator) && a.text(m.hash) && a.number(m.created) &&
         a.number(m.updated);
}
template <typename Archive>
bool fields(Archive& a, wire::Of<Archive, MaterialsRecord>& m) {
  return a.number(m.version) && a.text(m.session_hash) && a.bytes(m.materials);
}

// Of another version, or not such a record: false. The views are of `bytes`.
template <typename Record>
[[nodiscard]] bool decode_record(ByteView bytes, Record& record) {
  return wire::decode(bytes, record) && record.version == kRecordVersion;
}

}  // namespace redoubt::cas
