// SPDX-License-Identifier: Apache-2.0
//
// Reading and writing the records of a volume (volume_records.h), for those who decide: volume_leases, volume_tags, volume_owner.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/secret_bytes.h"
#include "cas/sessions/problem.h"
#include "cas/sessions/snapshot_cache.h"
#include "cas/sessions/volume_records.h"
#include "cas/store/store.h"

namespace redoubt::cas {

struct StoredVolume {
  bool exists() const { return !key.empty(); }  // else nobody has used it since it was made or forgotten

  uint64_t record_version = 0;  // 0: there is no record
  VolumeId id{};
  SecretBytes key;
  bool key_was_given = false;
  wire::VolumeFiles files = wire::VolumeFiles::kEncrypted;
  std::string given_tag;
  uint64_t created = 0;
};

struct StoredState {
  VolumeState state;
  uint64_t record_version = 0;
};

Answer<StoredVolume> read_volume(const Store& store, const std::string& record_name);
// nullopt: there is none.
Answer<std::optional<StoredState>> read_state(const Store& store, const VolumeId& id);

// A volume that nobody has used, with a new id. `key`: fspf_key; empty: one is made.
Answer<StoredVolume> new_volume(SecretBytes key);

Change volume_change(const std::string& record_name, const StoredVolume& volume, uint64_t replaces);
Change forgotten_change(const std::string& record_name, uint64_t replaces);
Change state_change(const VolumeId& id, const VolumeState& state, uint64_t replaces);

// 8 bytes sequence, big-endian, and 32 bytes MAC as 80 hexadecimal digits: fspf_tag, and what `session volumes` shows.
std::string tag_text(const wire::VolumeTag& tag);
std::optional<wire::VolumeTag> tag_of_text(std::string_view text);

}  // namespace redoubt::cas
