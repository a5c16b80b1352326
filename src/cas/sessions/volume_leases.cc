// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/volume_leases.h"

#include <algorithm>
#include <set>

#include "cas/sessions/refuse.h"
#include "cas/sessions/runtime_features.h"
#include "cas/sessions/volume_definition.h"
#include "cas/sessions/volume_store.h"
#include "crypto/constant_time.h"

namespace redoubt::cas {
namespace {

// Somebody else's lease or tag may come in between, now and then.
constexpr int kAttempts = 8;

wire::VolumeFiles on_the_wire(policy::FileProtection files) {
  return files == policy::FileProtection::kEncrypted ? wire::VolumeFiles::kEncrypted
                                                     : wire::VolumeFiles::kAuthenticatedOnly;
}

wire::VolumeUpdates on_the_wire(policy::UpdatePolicy policy) {
  switch (policy) {
    case policy::UpdatePolicy::kRollbackProtected: return wire::VolumeUpdates::kRollbackProtected;
    case policy::UpdatePolicy::kEphemeral: return wire::VolumeUpdates::kEphemeral;
    case policy::UpdatePolicy::kNoRollbackProtection: return wire::VolumeUpdates::kNoRollbackProtection;
  }
  return wire::VolumeUpdates::kRollbackProtected;
}

Answer<void> check_unchanged(const StoredVolume& stored, const VolumeDefinition& definition) {
  const std::string name = "volume \"" + definition.volume + "\" of session \"" + definition.session + "\"";
  const std::string forget =
      ", or begin anew: redoubt session forget-volume " + definition.session + " " + definition.volume;
  if (!definition.key.empty() && !crypto::equal_in_constant_time(definition.key.view(), stored.key.view())) {
    return refuse(Refusal::kForbidden, "volume.key", "the key that " + name + " was made with", "another fspf_key",
                  "put the session with the earlier fspf_key" + forget);
  }
  if (stored.files != on_the_wire(definition.files)) {
    return refuse(Refusal::kForbidden, "volume.files", name + " as it was made", "another value of files",
                  "put the session with the earlier value of files" + forget);
  }
  if (!definition.given_tag.empty() && definition.given_tag != stored.given_tag) {
    return refuse(Refusal::kForbidden, "volume.fspf-tag", name + " from the fspf_tag that it began with",
                  "another fspf_tag", "remove fspf_tag, CAS knows a later one" + forget);
  }
  return {};
}

VolumeState first_state(const VolumeDefinition& definition) {
  VolumeState state;
  state.session = definition.session;
  state.volume = definition.volume;
  if (const auto tag = tag_of_text(definition.given_tag)) {
    state.initialised = true;
    state.tag = *tag;
  }
  return state;
}

class Giver {
 public:
  Giver(Store& store, AuditLog& audit, SessionLoader& loader, const VolumeRecipient& recipient)
      : store_(store), audit_(audit), loader_(loader), recipient_(recipient) {}

  // nullopt: somebody changed a record meanwhile.
  Answer<std::optional<GivenVolumes>> once(const std::vector<policy::Mount>& mounts) {
    GivenVolumes given;
    given.reserve(mounts.size());
    std::vector<Change> changes;
    given_.clear();
    for (const policy::Mount& mount : mounts) {
      TRY_VOID(give(mount, given.add(), changes));
    }
    const auto outcome = store_.commit(std::move(changes));
    if (!outcome) {
      static_cast<void>(record("volume.lease", "refused", {{"check", "cas.store"}}));
      return unavailable("give a volume", outcome.error());
    }
    if (*outcome == CommitOutcome::kCommitted) return given;
    TRY_VOID(record("volume.lease", "refused", {{"check", "volume.conflict"}}));
    return std::nullopt;
  }

 private:
  Answer<void> give(const policy::Mount& mount, wire::MountedVolume& given, std::vector<Change>& changes) {
    const auto volume = std::ranges::find(recipient_.session.volumes, mount.volume, &policy::Volume::name);
    if (volume == recipient_.session.volumes.end()) return unavailable("give volume " + mount.volume, "there is none");
    VolumeDefinition definition = TRY(define_volume(loader_, recipient_.session, recipient_.session_hash,
                                                    recipient_.materials, *volume, recipient_.now));
    const policy::UpdatePolicy policy = effective_policy(recipient_.session, mount, definition);
    const auto now = static_cast<uint64_t>(recipient_.now.time_since_epoch().count());

    const std::string record_name = volume_record_name(definition.session, definition.volume);
    if (!given_.insert(record_name).second) {
      return refuse(Refusal::kForbidden, "volume.twice", "each volume at one path of the image",
                    "\"" + mount.volume + "\" is another name of one that is mounted already", "mount it once");
    }
    StoredVolume stored = TRY(read_volume(store_, record_name));
    StoredState state;
    const bool first_use = !stored.exists();
    if (first_use) {
      const uint64_t replaces = stored.record_version;
      stored = TRY(new_volume(definition.key.copy()));
      stored.files = on_the_wire(definition.files);
      stored.given_tag = definition.given_tag;
      stored.created = now;
      state.state = first_state(definition);
      changes.push_back(volume_change(record_name, stored, replaces));
    } else {
      TRY_VOID(check_unchanged(stored, definition));
      auto found = TRY(read_state(store_, stored.id));
      if (!found) return unavailable("give volume " + record_name, "its state is missing");
      state = *std::move(found);
    }
    VolumeState& next = state.state;
    const uint64_t lease = grant(next, recipient_.instance, on_the_wire(policy)).number;
    next.changed = now;
    changes.push_back(state_change(stored.id, next, state.record_version));

    given.name = mount.volume;
    given.mount_path = mount.path;
    given.id = stored.id;
    given.files = stored.files;
    given.is_code = recipient_.service.code && recipient_.service.code->volume == mount.volume;
    given.updates = on_the_wire(policy);
    std::ranges::copy(stored.key.view().first(given.key.size()), given.key.begin());
    given.lease = lease;
    given.initialise = !next.initialised;
    given.as_found = next.trusts_contents;
    if (next.initialised) given.tag = next.tag;
    return record(first_use ? "volume.first-use" : "volume.lease", "allowed",
                  {{"volume", mount.volume},
                   {"of", definition.session + "#" + definition.volume},
                   {"id", state_record_name(stored.id)},
                   {"lease", std::to_string(lease)},
                   {"from", next.initialised ? "tag " + std::to_string(next.tag.sequence) : "nothing: initialise"},
                   {"updates", std::string(policy::word_of(policy::kUpdatePolicyWords, policy)) +
                                   (next.trusts_contents ? ", but whatever is there this time" : "")}});
  }

  Answer<void> record(const char* event, const char* outcome,
                      std::vector<std::pair<std::string, std::string>> details) {
    details.emplace(details.begin(), "service", recipient_.service.name);
    const auto recorded = audit_.record(
        {event, outcome, recipient_.session.name, crypto::to_hex(recipient_.instance), std::move(details)});
    if (!recorded) return unavailable("audit log", recorded.error());
    return {};
  }

  Store& store_;
  AuditLog& audit_;
  SessionLoader& loader_;
  const VolumeRecipient& recipient_;
  std::set<std::string> given_;  // names of records
};

}  // namespace

Answer<GivenVolumes> give_volumes(Store& store, AuditLog& audit, SessionLoader& loader,
                                  const VolumeRecipient& recipient) {
  const policy::Image* image = image_of(recipient.session, recipient.service);
  if (image == nullptr || image->volumes.empty()) return GivenVolumes();
  Giver giver(store, audit, loader, recipient);
  TRY_VOID(
      check_keys_differ(store, loader, recipient.session, recipient.session_hash, recipient.materials, recipient.now));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto given = TRY(giver.once(image->volumes));
    if (given) return *std::move(given);
  }
  return refuse(Refusal::kConflict, "volume.conflict", "a moment in which nobody else writes to the volumes",
                "others did, several times", "start the program again; find out who else uses the volume");
}

}  // namespace redoubt::cas
