// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/volume_owner.h"

#include <algorithm>

#include "cas/sessions/refuse.h"
#include "cas/sessions/volume_definition.h"

namespace redoubt::cas {
namespace {

constexpr size_t kMostRecords = 10000;  // of one session, forgotten ones included
constexpr int kAttempts = 8;            // tags and leases may come in between

std::string word_of(wire::VolumeFiles files) {
  const auto policy = files == wire::VolumeFiles::kEncrypted ? policy::FileProtection::kEncrypted
                                                             : policy::FileProtection::kAuthenticatedOnly;
  return std::string(policy::word_of(policy::kFileProtectionWords, policy));
}

// Adds what the store knows of it.
Answer<void> complete(const Store& store, const std::string& owner, const std::string& volume, VolumeReport& report) {
  const StoredVolume stored = TRY(read_volume(store, volume_record_name(owner, volume)));
  report.state = "none";
  if (!stored.exists()) return {};
  report.id = state_record_name(stored.id);
  report.files = word_of(stored.files);
  report.key_given = stored.key_was_given;
  const auto found = TRY(read_state(store, stored.id));
  if (!found) return unavailable("list volume " + volume, "its state is missing");
  const VolumeState& state = found->state;
  report.lease = state.granted;
  report.changed = state.changed;
  report.tag = state.tag;
  if (state.initialised) report.state = state.trusts_contents ? "trust" : "tag";
  if (!state.initialised && state.granted > 0) report.state = "initialising";
  if (state.leases.empty()) return {};
  const Lease& last = state.initialised ? state.leases.front() : state.leases.back();
  report.instance = crypto::to_hex(last.instance);
  return {};
}

VolumeReport described(const policy::Volume& volume) {
  VolumeReport report;
  report.name = volume.name;
  report.files = policy::word_of(policy::kFileProtectionWords, volume.files);
  report.key_given = !volume.fspf_key.empty();
  if (volume.import) report.import = volume.import->session + ", " + volume.import->volume;
  return report;
}

std::unexpected<Problem> unknown(const std::string& session, const std::string& volume) {
  return refuse(Refusal::kNotFound, "volume.name", "a volume of session \"" + session + "\" itself", printable(volume),
                "redoubt session volumes " + session + " shows them; an imported one is its own session's");
}

}  // namespace

Answer<std::vector<VolumeReport>> report_volumes(const Store& store, SessionLoader& loader,
                                                 const StoredSession& session) {
  std::vector<VolumeReport> reports;
  const policy::Session& model = session.session;
  for (const policy::Volume& volume : model.volumes) {
    VolumeReport& report = reports.emplace_back(described(volume));
    report.state = "none";
    if (!volume.import) {
      TRY_VOID(complete(store, model.name, volume.name, report));
      continue;
    }
    // What the exporting session lets this one know; the alias is its business.
    const Materials none;
    const auto definition = define_volume(loader, model, session.hash, none, volume, session.updated);
    if (definition) TRY_VOID(complete(store, definition->session, definition->volume, report));
    if (!definition) report.state = "not exported";
  }
  const std::string prefix = volume_record_name(model.name, "");
  const auto names = store.names(RecordKind::kVolume, prefix, "", kMostRecords);
  if (!names) return unavailable("list volumes", names.error());
  for (const std::string& record : *names) {
    const std::string name = record.substr(prefix.size());
    const bool own = std::ranges::any_of(
        model.volumes, [&](const policy::Volume& volume) { return volume.name == name && !volume.import; });
    if (own || name.find('#') != std::string::npos) continue;
    VolumeReport report;
    report.name = name;
    report.in_session = false;
    TRY_VOID(complete(store, model.name, name, report));
    if (!report.id.empty()) reports.push_back(std::move(report));
  }
  return reports;
}

std::string forget_text(const std::string& session, const std::string& volume, const std::string& id,
                        Contents contents) {
  return "forget volume\nsession " + session + "\nvolume " + volume + "\nid " + id + "\ncontents " +
         (contents == Contents::kTrust ? "trust" : "forget") + "\n";
}

Answer<std::string> id_to_forget(const Store& store, const StoredSession& session, const std::string& volume) {
  const auto named = std::ranges::find(session.session.volumes, volume, &policy::Volume::name);
  const bool imported = named != session.session.volumes.end() && named->import;
  if (imported || volume.find('#') != std::string::npos) return unknown(session.session.name, volume);
  const StoredVolume stored = TRY(read_volume(store, volume_record_name(session.session.name, volume)));
  if (stored.exists()) return state_record_name(stored.id);
  if (named == session.session.volumes.end()) return unknown(session.session.name, volume);
  return std::string();
}

Answer<void> forget_volume(Store& store, AuditLog& audit, const std::string& subject, const std::string& session,
                           const std::string& volume, const std::string& id, Contents contents, UtcTime now) {
  const std::string record_name = volume_record_name(session, volume), name_when_forgotten = record_name + "#" + id;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const StoredVolume stored = TRY(read_volume(store, record_name));
    if (!stored.exists() || state_record_name(stored.id) != id) {
      return refuse(Refusal::kConflict, "volume.conflict", "the volume with id " + id,
                    stored.exists() ? "id " + state_record_name(stored.id) : "no such volume", "look at it again");
    }
    auto present = TRY(read_state(store, stored.id));
    if (!present) return unavailable("forget volume " + volume, "its state is missing");
    VolumeState& state = present->state;
    if (contents == Contents::kTrust && !state.initialised) {
      return refuse(Refusal::kConflict, "volume.contents", "a volume that was used, to trust its contents",
                    "one that was never initialised", "start the program: it initialises the volume");
    }
    const bool trust = contents == Contents::kTrust;
    const auto recorded = audit.record({"volume.forgotten",
                                        "allowed",
                                        session,
                                        subject,
                                        {{"volume", volume},
                                         {"id", id},
                                         {"contents", trust ? "trust" : "forget"},
                                         {"tag", state.initialised ? tag_text(state.tag) : "none"},
                                         {"leases_ended", std::to_string(state.leases.size())}}});
    if (!recorded) return unavailable("audit log", recorded.error());
    state.leases.clear();
    state.trusts_contents = trust;
    state.changed = static_cast<uint64_t>(now.time_since_epoch().count());
    std::vector<Change> changes;
    changes.push_back(state_change(stored.id, state, present->record_version));
    if (!trust) {
      // The key that was stays in the store; the next one is made of fspf_key, if there is one, at the next start.
      changes.push_back(volume_change(name_when_forgotten, stored, 0));
      changes.push_back(forgotten_change(record_name, stored.record_version));
    }
    const auto outcome = store.commit(std::move(changes));
    if (!outcome) return unavailable("forget volume " + volume, outcome.error());
    if (*outcome == CommitOutcome::kCommitted) return {};
    const auto conflict = audit.record(
        {"volume.forgotten", "refused", session, subject, {{"volume", volume}, {"check", "volume.conflict"}}});
    if (!conflict) return unavailable("audit log", conflict.error());
  }
  return refuse(Refusal::kConflict, "volume.conflict", "a moment in which nobody writes to the volume",
                "somebody did, several times", "stop the program that uses it, and try again");
}

}  // namespace redoubt::cas
