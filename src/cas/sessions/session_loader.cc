// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/session_loader.h"

#include <algorithm>

#include "cas/sessions/refuse.h"
#include "cas/sessions/secret_encode.h"
#include "cas/sessions/stored_session.h"
#include "crypto/hash.h"
#include "crypto/hex.h"

namespace redoubt::cas {
namespace {

// A parsed model takes a few times its text.
constexpr size_t kSessionCacheWeight = 64 << 20;
constexpr size_t kModelPerText = 4;
constexpr size_t kMaterialsCacheWeight = 32 << 20;
// Room for the rendered forms of materials.
constexpr size_t kFormsPerRecord = 4;
constexpr size_t kLeastFormsRoom = 16 << 10;
constexpr int kAttempts = 8;

Materials copy_of(const Materials& materials) {
  Materials copies;
  for (const auto& [name, material] : materials) copies.emplace(name, material.copy());
  return copies;
}

// Of what was filled in, for the audit log. Names and values hold no NUL.
std::string hash_of(const policy::ImportedFragments& fragments) {
  std::string text;
  for (const auto& [name, value] : fragments) {
    for (const std::string* part : {&name.first, &name.second, &value}) text.append(*part).push_back('\0');
  }
  return crypto::to_hex(crypto::sha256(as_bytes(text)));
}

bool any_due(const Materials& materials, UtcTime now) {
  return std::ranges::any_of(materials, [&](const auto& entry) {
    const auto& due = entry.second.renew_after;
    return due && *due <= now;
  });
}

bool any_certificate_differs(const Materials& before, const Materials& after) {
  return std::ranges::any_of(after, [&](const auto& entry) {
    const auto old = before.find(entry.first);
    return old == before.end() || old->second.certificate != entry.second.certificate;
  });
}

}  // namespace

SecretBytes materials_record(const std::string& session_hash, const Materials& materials) {
  const SecretBytes encoded = encode_materials(materials);
  return encode_secret(MaterialsRecord{.session_hash = session_hash, .materials = encoded.view()});
}

SessionLoader::SessionLoader(Store& store)
    : store_(store),
      sessions_(kSessionCacheWeight),
      filled_sessions_(kSessionCacheWeight),
      materials_(kMaterialsCacheWeight) {}

Answer<std::shared_ptr<const StoredSession>> SessionLoader::session(const std::string& name, bool keep) {
  const auto present = store_.version(RecordKind::kSession, name);
  if (!present) return unavailable("read session " + printable(name), present.error());
  if (*present == 0) return nullptr;
  if (auto cached = sessions_.find(name, *present)) return cached;

  const auto read = store_.get(RecordKind::kSession, name);
  if (!read) return unavailable("read session " + printable(name), read.error());
  const std::optional<Record>& record = *read;
  if (!record) return nullptr;
  const uint64_t version = record->version;
  SessionRecord fields;
  if (!decode_record(record->bytes.view(), fields)) return unavailable("read session " + name, "unknown record");
  policy::CheckedSession checked = policy::check_session(fields.yaml);
  if (!checked.session) return unavailable("read session " + name, "its text has mistakes");
  for (policy::Secret& secret : checked.session->secrets) {
    if (secret.value) wipe(*secret.value);
  }
  auto stored = std::make_shared<const StoredSession>(
      StoredSession{*std::move(checked.session), std::string(fields.creator), std::string(fields.hash),
                    utc_time_from_unix(static_cast<int64_t>(fields.created)),
                    utc_time_from_unix(static_cast<int64_t>(fields.updated)), version});
  if (keep) sessions_.insert(name, version, stored, fields.yaml.size() * kModelPerText);
  return stored;
}

Answer<std::shared_ptr<const StoredSession>> SessionLoader::filled(const StoredSession& session,
                                                                   policy::ImportedFragments fragments) {
  const std::string& name = session.session.name;
  const auto cached = filled_sessions_.find(name, session.record_version);
  if (cached && cached->fragments == fragments) return cached->session;

  const auto read = store_.get(RecordKind::kSession, name);
  if (!read) return unavailable("read session " + name, read.error());
  const std::optional<Record>& record = *read;
  SessionRecord fields;
  if (!record || record->version != session.record_version) {
    return refuse(Refusal::kConflict, "session.conflict", "the session to stay the same while it is read",
                  "a new version", "try again");
  }
  if (!decode_record(record->bytes.view(), fields)) return unavailable("read session " + name, "unknown record");
  policy::CheckedSession checked = policy::check_session(fields.yaml, &fragments, policy::Severity::kError);
  if (!checked.session || !checked.session->unresolved_fragments.empty()) {
    // Values of fragments stay inside: whoever put the session learns more when it is put again.
    const auto first = std::ranges::find(checked.mistakes, policy::Severity::kError, &policy::Mistake::severity);
    return refuse(Refusal::kForbidden, "session.fragment",
                  "fragments of other sessions that make a session of \"" + name + "\"",
                  "a mistake at " + (first == checked.mistakes.end() ? "an open place" : first->where),
                  "put the session again to see the mistake, and correct the fragment in its session");
  }
  StoredSession filled{*std::move(checked.session), session.creator,   session.hash, session.created, session.updated,
                       session.record_version,      hash_of(fragments)};
  for (policy::Secret& secret : filled.session.secrets) {
    if (secret.value) wipe(*secret.value);
  }
  auto shared = std::make_shared<const StoredSession>(std::move(filled));
  const size_t weight = fields.yaml.size() * kModelPerText;
  filled_sessions_.insert(name, session.record_version,
                          std::make_shared<const FilledSession>(FilledSession{std::move(fragments), shared}), weight);
  return shared;
}

// Null: they are of another session, which came in between.
Answer<std::shared_ptr<const StoredMaterials>> SessionLoader::materials(const std::string& name,
                                                                        const std::string& session_hash) {
  const auto present = store_.version(RecordKind::kMaterials, name);
  if (!present) return unavailable("read secrets of " + name, present.error());
  if (auto cached = materials_.find(name, *present)) return cached->session_hash == session_hash ? cached : nullptr;

  const auto read = store_.get(RecordKind::kMaterials, name);
  if (!read) return unavailable("read secrets of " + name, read.error());
  const std::optional<Record>& record = *read;
  if (!record) return unavailable("read secrets of " + name, "there are none");
  MaterialsRecord fields;
  const ByteView bytes = record->bytes.view();
  if (!decode_record(bytes, fields)) return unavailable("read secrets of " + name, "unknown record");
  if (fields.session_hash != session_hash) return nullptr;
  const uint64_t version = record->version;
  auto decoded = decode_materials(fields.materials);
  if (!decoded) return unavailable("read secrets of " + name, decoded.error());
  const size_t forms_room = bytes.size() * kFormsPerRecord + kLeastFormsRoom;
  auto stored = std::make_shared<const StoredMaterials>(*std::move(decoded), session_hash, version, forms_room);
  materials_.insert(name, version, stored, bytes.size() + forms_room);
  return stored;
}

Answer<Snapshot> SessionLoader::snapshot(const std::string& name) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto session = TRY(this->session(name));
    if (!session) return Snapshot{};
    auto materials = TRY(this->materials(name, session->hash));
    if (materials) return Snapshot{std::move(session), std::move(materials)};
  }
  return unavailable("read session " + name, "it changes too fast");
}

Answer<Snapshot> SessionLoader::renewed(Snapshot snapshot, const Materials& imported, UtcTime now) {
  const std::string& name = snapshot.session->session.name;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const Materials& present = snapshot.materials->materials;
    if (imported.empty() && !any_due(present, now)) return snapshot;
    Materials materials = copy_of(present);
    for (const auto& [local_name, material] : imported) materials.insert_or_assign(local_name, material.copy());
    // An error is about one certificate: it does not keep the program from starting with the one it has.
    const auto renewed = renew_certificates(snapshot.session->session, materials, now);
    if (!renewed) log_failure("renew certificates of " + name, renewed.error().message);
    if (!(renewed ? *renewed : any_certificate_differs(present, materials))) return snapshot;
    std::vector<Change> changes;
    changes.push_back({RecordKind::kMaterials, name, snapshot.materials->record_version,
                       materials_record(snapshot.session->hash, materials)});
    const auto outcome = store_.commit(std::move(changes));
    if (!outcome) return unavailable("renew certificates of " + name, outcome.error());
    // Also after a conflict: another thread renewed them, or the session was updated in between; in that case the certificates
    // of this snapshot are good enough to end with.
    auto fresh = TRY(this->materials(name, snapshot.session->hash));
    if (!fresh) return snapshot;
    snapshot.materials = std::move(fresh);
  }
  return snapshot;
}

}  // namespace redoubt::cas
