// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/volume_tags.h"

#include <utility>

#include "cas/sessions/refuse.h"

namespace redoubt::cas {
namespace {

constexpr size_t kCacheWeight = 16 << 20;
constexpr int kAttempts = 16;  // leases may come in between

}  // namespace

VolumeTags::VolumeTags(Store& store, AuditLog& audit, std::function<UtcTime()> clock)
    : store_(store), audit_(audit), clock_(std::move(clock)), states_(kCacheWeight) {}

Answer<std::shared_ptr<const StoredState>> VolumeTags::state(const VolumeId& id) {
  const std::string name = state_record_name(id);
  const auto version = store_.version(RecordKind::kVolumeState, name);
  if (!version) return unavailable("read the state of volume " + name, version.error());
  if (*version == 0) return nullptr;
  if (auto cached = states_.find(name, *version)) return cached;
  auto read = TRY(read_state(store_, id));
  if (!read) return nullptr;
  auto shared = std::make_shared<const StoredState>(*std::move(read));
  states_.insert(name, shared->record_version, shared, sizeof(StoredState) + kMostLeases * sizeof(Lease));
  return shared;
}

Answer<void> VolumeTags::keep(const ByteArray<32>& instance, const wire::VolumeTagRequest& request) {
  const std::lock_guard lock(one_by_one_[request.volume[0] % one_by_one_.size()]);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const bool kept = TRY(keep_once(instance, request));
    if (kept) return {};
  }
  return refuse(Refusal::kConflict, "volume.conflict", "a moment in which nobody else changes the volume",
                "others did, several times", "try again");
}

Answer<bool> VolumeTags::keep_once(const ByteArray<32>& instance, const wire::VolumeTagRequest& request) {
  const auto present = TRY(state(request.volume));
  if (!present) {
    VolumeState nobody;
    TRY_VOID(record(nobody, instance, request, "volume.tag", "refused", {{"check", "volume.unknown"}}));
    return refuse(Refusal::kNotFound, "volume.unknown", "the id of a volume that CAS has given out",
                  state_record_name(request.volume), "the volume was forgotten, or this is another CAS: start again");
  }
  const TagVerdict verdict = judge(present->state, instance, request.lease, request.tag);
  if (verdict == TagVerdict::kRepeated) return true;
  if (verdict != TagVerdict::kNew) return refuse_tag(present->state, instance, request, verdict);

  auto next = std::make_shared<StoredState>(*present);
  cas::keep(next->state, request.lease, request.tag);
  next->state.changed = static_cast<uint64_t>(clock_().time_since_epoch().count());
  if (!present->state.initialised || present->state.trusts_contents) {
    const char* event = present->state.initialised ? "volume.trusted" : "volume.initialised";
    TRY_VOID(record(present->state, instance, request, event, "allowed", {}));
  }
  const size_t ended = present->state.leases.size() - next->state.leases.size();
  if (ended > 0) {
    TRY_VOID(record(present->state, instance, request, "volume.leases-ended", "allowed",
                    {{"count", std::to_string(ended)}}));
  }
  std::vector<Change> changes;
  changes.push_back(state_change(request.volume, next->state, present->record_version));
  const auto outcome = store_.commit(std::move(changes));
  if (!outcome) return unavailable("keep a tag", outcome.error());
  if (*outcome == CommitOutcome::kConflict) return false;
  ++next->record_version;
  states_.insert(state_record_name(request.volume), next->record_version, next,
                 sizeof(StoredState) + kMostLeases * sizeof(Lease));
  return true;
}

std::unexpected<Problem> VolumeTags::refuse_tag(const VolumeState& state, const ByteArray<32>& instance,
                                                const wire::VolumeTagRequest& request, TagVerdict verdict) {
  const std::string name = "volume \"" + state.volume + "\" of session \"" + state.session + "\"";
  Problem problem{Refusal::kConflict, "", "", "", "", ""};
  switch (verdict) {
    case TagVerdict::kNoLease:
      problem.check = "volume.lease";
      problem.expected = "a lease of " + name + " that has not ended";
      problem.actual = "lease " + std::to_string(request.lease) + " of " + std::to_string(state.granted) +
                       ": another instance has written to the volume since";
      problem.remedy = "let one instance at a time use the volume; start this one again when the other has ended";
      break;
    case TagVerdict::kEphemeral:
      problem.check = "volume.ephemeral";
      problem.expected = "no change of " + name + ", which is mounted with update_policy: ephemeral";
      problem.actual = "a tag";
      problem.remedy = "mount it with rollback_protected where it shall be written to";
      break;
    default:
      problem.check = "volume.tag";
      problem.expected = "a tag of " + name + " after number " + std::to_string(state.tag.sequence);
      problem.actual = "number " + std::to_string(request.tag.sequence);
      problem.remedy = "start the program again; if this comes back, its volume was put back to an older state";
  }
  // A refusal stands whether or not it can be recorded.
  static_cast<void>(record(state, instance, request, "volume.tag", "refused",
                           {{"check", problem.check}, {"expected", problem.expected}, {"actual", problem.actual}}));
  return std::unexpected(std::move(problem));
}

Answer<void> VolumeTags::record(const VolumeState& state, const ByteArray<32>& instance,
                                const wire::VolumeTagRequest& request, const char* event, const char* outcome,
                                std::vector<std::pair<std::string, std::string>> more) {
  std::vector<std::pair<std::string, std::string>> details = {{"volume", state.volume},
                                                              {"id", state_record_name(request.volume)},
                                                              {"lease", std::to_string(request.lease)},
                                                              {"tag", std::to_string(request.tag.sequence)}};
  details.insert(details.end(), more.begin(), more.end());
  const auto recorded = audit_.record({event, outcome, state.session, crypto::to_hex(instance), std::move(details)});
  if (!recorded) return unavailable("audit log", recorded.error());
  return {};
}

}  // namespace redoubt::cas
