// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/volume_store.h"

#include <algorithm>

#include "cas/sessions/refuse.h"
#include "cas/sessions/secret_encode.h"
#include "crypto/random_secret.h"

namespace redoubt::cas {
namespace {

// The content of a kVolume record after its volume was forgotten: the store deletes nothing.
constexpr std::string_view kForgotten("\0", 1);

}  // namespace

Answer<StoredVolume> read_volume(const Store& store, const std::string& record_name) {
  const auto read = store.get(RecordKind::kVolume, record_name);
  if (!read) return unavailable("read volume " + record_name, read.error());
  StoredVolume volume;
  const std::optional<Record>& found = *read;
  if (!found) return volume;
  volume.record_version = found->version;
  if (found->bytes.size() == kForgotten.size()) return volume;
  VolumeRecord fields;
  if (!decode_record(found->bytes.view(), fields)) return unavailable("read volume " + record_name, "unknown record");
  volume.id = fields.id;
  volume.key = SecretBytes(ByteView(fields.key));
  volume.key_was_given = fields.key_was_given;
  volume.files = fields.files;
  volume.given_tag = fields.given_tag;
  volume.created = fields.created;
  explicit_bzero(fields.key.data(), fields.key.size());
  return volume;
}

Answer<std::optional<StoredState>> read_state(const Store& store, const VolumeId& id) {
  const std::string name = state_record_name(id);
  const auto read = store.get(RecordKind::kVolumeState, name);
  if (!read) return unavailable("read the state of volume " + name, read.error());
  const std::optional<Record>& found = *read;
  if (!found) return std::nullopt;
  VolumeStateRecord fields;
  if (!decode_record(found->bytes.view(), fields)) {
    return unavailable("read the state of volume " + name, "unknown record");
  }
  return StoredState{state_of(fields), found->version};
}

Answer<StoredVolume> new_volume(SecretBytes key) {
  StoredVolume volume;
  volume.key_was_given = !key.empty();
  volume.key = std::move(key);
  auto id = crypto::random_bytes(volume.id.size());
  if (!id) return unavailable("make a volume", id.error());
  std::ranges::copy(id->view(), volume.id.begin());
  if (volume.key_was_given) return volume;
  auto made = crypto::random_bytes(sizeof(VolumeRecord::key));
  if (!made) return unavailable("make a volume's key", made.error());
  volume.key = *std::move(made);
  return volume;
}

Change volume_change(const std::string& record_name, const StoredVolume& volume, uint64_t replaces) {
  VolumeRecord record{.id = volume.id,
                      .key_was_given = volume.key_was_given,
                      .files = volume.files,
                      .given_tag = volume.given_tag,
                      .created = volume.created};
  std::ranges::copy(volume.key.view().first(record.key.size()), record.key.begin());
  Change change{RecordKind::kVolume, record_name, replaces, encode_secret(record)};
  explicit_bzero(record.key.data(), record.key.size());
  return change;
}

Change forgotten_change(const std::string& record_name, uint64_t replaces) {
  return {RecordKind::kVolume, record_name, replaces, SecretBytes(kForgotten)};
}

Change state_change(const VolumeId& id, const VolumeState& state, uint64_t replaces) {
  return {RecordKind::kVolumeState, state_record_name(id), replaces, encode_secret(record_of(state))};
}

std::string tag_text(const wire::VolumeTag& tag) {
  ByteArray<8> sequence;
  for (size_t index = 0; index < sequence.size(); ++index) {
    sequence[index] = static_cast<uint8_t>(tag.sequence >> (8 * (sequence.size() - 1 - index)));
  }
  return crypto::to_hex(sequence) + crypto::to_hex(tag.mac);
}

std::optional<wire::VolumeTag> tag_of_text(std::string_view text) {
  const auto bytes = crypto::array_from_hex<40>(text);
  if (!bytes) return std::nullopt;
  wire::VolumeTag tag;
  for (size_t index = 0; index < 8; ++index) tag.sequence = tag.sequence << 8 | (*bytes)[index];
  std::copy(bytes->begin() + 8, bytes->end(), tag.mac.begin());
  return tag;
}

}  // namespace redoubt::cas
