// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/volume_definition.h"

#include <algorithm>
#include <map>

#include "cas/sessions/imports.h"
#include "cas/sessions/refuse.h"
#include "cas/sessions/secret_source.h"
#include "cas/sessions/volume_state.h"
#include "cas/sessions/volume_store.h"
#include "crypto/hash.h"
#include "crypto/hex.h"

namespace redoubt::cas {
namespace {

using policy::Session;
using policy::Volume;
using policy::VolumeExport;

constexpr size_t kKeySize = 32;

// fspf_key: 64 digits, or a variable of a binary secret.
Answer<SecretBytes> key_of(const Session& session, const Materials& materials, const Volume& volume, UtcTime now) {
  if (volume.fspf_key.empty()) return SecretBytes();
  if (auto bytes = bytes_of_binary(session, materials, volume.fspf_key)) {
    if (bytes->size() == kKeySize) return *std::move(bytes);
  } else if (const auto text = fill_setting(session, materials, now, volume.fspf_key)) {
    if (auto key = crypto::array_from_hex<kKeySize>(text->text())) {
      SecretBytes out{ByteView(*key)};
      explicit_bzero(key->data(), key->size());
      return out;
    }
  }
  return refuse(Refusal::kForbidden, "volume.key",
                "32 bytes as fspf_key of volume \"" + volume.name + "\" in session \"" + session.name + "\"",
                "something else", "write 64 hexadecimal digits, or $$SCONE::name$$ of a binary secret with size: 32");
}

VolumeDefinition described(const Session& owner, const Volume& volume, SecretBytes key) {
  return {owner.name, volume.name, volume.files, std::move(key), volume.fspf_tag, std::nullopt};
}

const VolumeExport* export_for(const Volume& volume, const std::string& wanted, const std::string& importer,
                               const std::string& hash) {
  const auto fits = [&](const VolumeExport& one) {
    return one.session == importer && (one.session_hash.empty() || one.session_hash == hash) &&
           (one.volume_alias.empty() ? volume.name : one.volume_alias) == wanted;
  };
  const auto found = std::ranges::find_if(volume.exports, fits);
  return found == volume.exports.end() ? nullptr : &*found;
}

std::unexpected<Problem> not_exported(const Session& importer, const std::string& hash, const std::string& name,
                                      const policy::VolumeImport& import) {
  return refuse(Refusal::kForbidden, "session.import",
                "session \"" + import.session + "\" to export its volume \"" + import.volume + "\" to session \"" +
                    importer.name + "\", as its volume \"" + name + "\" asks",
                "no such export",
                "add export: [{to: {session: " + importer.name + ", session_hash: " + hash + "}}] to \"" +
                    import.volume + "\" in session \"" + import.session + "\"");
}

Answer<VolumeDefinition> imported(SessionLoader& loader, const Session& importer, const std::string& hash,
                                  const std::string& name, const policy::VolumeImport& import, UtcTime now) {
  if (import.session == importer.name) return not_exported(importer, hash, name, import);
  const Snapshot exporter = TRY(loader.snapshot(import.session));
  if (!exporter.session) return not_exported(importer, hash, name, import);
  const Session& owner = exporter.session->session;
  for (const Volume& one : owner.volumes) {
    const VolumeExport* to_us = export_for(one, import.volume, importer.name, hash);
    if (to_us == nullptr || one.import) continue;
    Materials materials;
    if (!one.fspf_key.empty() && has_imports(owner)) {
      materials = TRY(resolve_imports(loader, owner, exporter.session->hash, now));
    }
    for (const auto& [name, material] : exporter.materials->materials) materials.try_emplace(name, material.copy());
    SecretBytes key = TRY(key_of(owner, materials, one, now));
    VolumeDefinition definition = described(owner, one, std::move(key));
    definition.export_policy = to_us->update_policy;
    return definition;
  }
  return not_exported(importer, hash, name, import);
}

}  // namespace

Answer<VolumeDefinition> define_volume(SessionLoader& loader, const Session& session, const std::string& hash,
                                       const Materials& materials, const Volume& volume, UtcTime now) {
  if (volume.import) return imported(loader, session, hash, volume.name, *volume.import, now);
  SecretBytes key = TRY(key_of(session, materials, volume, now));
  return described(session, volume, std::move(key));
}

Answer<void> check_volumes(const Store& store, SessionLoader& loader, const Session& session, const std::string& hash,
                           const Materials& materials, UtcTime now) {
  for (const Volume& volume : session.volumes) {
    static_cast<void>(TRY(define_volume(loader, session, hash, materials, volume, now)));
  }
  return check_keys_differ(store, loader, session, hash, materials, now);
}

Answer<void> check_keys_differ(const Store& store, SessionLoader& loader, const Session& session,
                               const std::string& hash, const Materials& materials, UtcTime now) {
  struct Holder {
    std::string record, name;
  };
  std::map<crypto::Sha256Digest, Holder> holders;  // by the hash of the key
  for (const Volume& volume : session.volumes) {
    const auto definition = define_volume(loader, session, hash, materials, volume, now);
    if (!definition) continue;  // nobody gets it; who mounts it is told why
    const std::string record = volume_record_name(definition->session, definition->volume);
    const StoredVolume stored = TRY(read_volume(store, record));
    const SecretBytes& key = stored.exists() ? stored.key : definition->key;
    if (key.empty()) continue;  // CAS will make one
    const auto [first, is_new] = holders.try_emplace(crypto::sha256(key.view()), Holder{record, volume.name});
    if (is_new || first->second.record == record) continue;  // two names of one volume
    return refuse(Refusal::kForbidden, "volume.shared-key",
                  "a key of its own for each volume of session \"" + session.name + "\"",
                  "one key for \"" + first->second.name + "\" and \"" + volume.name +
                      "\": the host could put the one in the place of the other",
                  "give one of them another fspf_key, or none");
  }
  return {};
}

policy::UpdatePolicy effective_policy(const Session& session, const policy::Mount& mount,
                                      const VolumeDefinition& definition) {
  using enum policy::UpdatePolicy;
  policy::UpdatePolicy policy = mount.update_policy;
  for (const policy::Image& image : session.images) {
    for (const policy::Mount& other : image.volumes) {
      const bool stricter_elsewhere = other.volume == mount.volume && other.update_policy != kNoRollbackProtection;
      if (policy == kNoRollbackProtection && stricter_elsewhere) policy = kRollbackProtected;
    }
  }
  return definition.export_policy ? stricter(policy, *definition.export_policy) : policy;
}

}  // namespace redoubt::cas
