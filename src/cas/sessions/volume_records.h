// SPDX-License-Identifier: Apache-2.0
//
// The two records of a volume in the store, as wire/codec.h lays them down.
//
//   kVolume       SESSION#VOLUME       what it is: id, key, how its files are protected. Written when the volume is made and when it
//                                      is forgotten; the one that was is then kept as SESSION#VOLUME#ID, so that no key is ever lost
//   kVolumeState  ID, hexadecimal      where it is (volume_state.h). Written by every lease and every tag; holds no secret
//
// '#' stands in no name of a session or volume.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "cas/sessions/stored_session.h"
#include "cas/sessions/volume_state.h"
#include "crypto/hex.h"
#include "wire/codec.h"

namespace redoubt::cas {

using VolumeId = ByteArray<16>;

struct VolumeRecord {
  uint16_t version = kRecordVersion;
  VolumeId id{};
  ByteArray<32> key{};
  bool key_was_given = false;  // fspf_key
  wire::VolumeFiles files = wire::VolumeFiles::kEncrypted;
  std::string_view given_tag;  // fspf_tag as the session had it; empty: none
  uint64_t created = 0;        // seconds since 1970
};

template <typename Archive>
bool fields(Archive& a, wire::Of<Archive, VolumeRecord>& m) {
  return a.number(m.version) && a.array(m.id) && a.array(m.key) && a.flag(m.key_was_given) &&
         a.choice(m.files, wire::VolumeFiles::kAuthenticatedOnly) && a.text(m.given_tag) && a.number(m.created);
}
template <typename Archive>
bool fields(Archive& a, wire::Of<Archive, Lease>& m) {
  return a.number(m.number) && a.array(m.instance) && a.choice(m.updates, wire::VolumeUpdates::kNoRollbackProtection);
}

// VolumeState with views for its texts.
struct VolumeStateRecord {
  uint16_t version = kRecordVersion;
  std::string_view session;
  std::string_view volume;
  bool initialised = false;
  wire::VolumeTag tag;
  bool trusts_contents = false;
  uint64_t granted = 0;
  std::vector<Lease> leases;
  uint64_t changed = 0;
};

template <typename Archive>
bool fields(Archive& a, wire::Of<Archive, VolumeStateRecord>& m) {
  return a.number(m.version) && a.text(m.session) && a.text(m.volume) && a.flag(m.initialised) && fields(a, m.tag) &&
         a.flag(m.trusts_contents) && a.number(m.granted) && wire::messages(a, m.leases) && a.number(m.changed);
}

inline VolumeStateRecord record_of(const VolumeState& state) {
  return {kRecordVersion,        state.session, state.volume, state.initialised, state.tag,
          state.trusts_contents, state.granted, state.leases, state.changed};
}
inline VolumeState state_of(const VolumeStateRecord& record) {
  return {std::string(record.session),
          std::string(record.volume),
          record.initialised,
          record.tag,
          record.trusts_contents,
          record.granted,
          record.leases,
          record.changed};
}

inline std::string volume_record_name(const std::string& session, const std::string& volume) {
  return session + "#" + volume;
}
inline std::string state_record_name(const VolumeId& id) { return crypto::to_hex(id); }

}  // namespace redoubt::cas
