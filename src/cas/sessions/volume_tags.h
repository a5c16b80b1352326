// SPDX-License-Identifier: Apache-2.0
//
// Keeps the tags that running programs send: the end of each volume's history, durable before the answer. This is what fsync in a
// protected program waits for, so it is short: the state comes from a cache, one record is written, and the store commits those of
// several connections together. Accepted tags are not in the audit log, except when they end initialisation or others' leases;
// refused ones are.
//
// Thread-safe. Tags of one volume come one after the other (a lock out of a few, by the volume's id, held over the commit).
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <mutex>

#include "base/utc_time.h"
#include "cas/audit/audit_log.h"
#include "cas/sessions/problem.h"
#include "cas/sessions/volume_store.h"
#include "cas/store/store.h"
#include "wire/instance_protocol.h"

namespace redoubt::cas {

class VolumeTags {
 public:
  VolumeTags(Store& store, AuditLog& audit, std::function<UtcTime()> clock);

  // `instance`: SHA-256 of its key, which it has proved. kConflict "volume.lease", "volume.tag", "volume.ephemeral"; kNotFound
  // "volume.unknown".
  Answer<void> keep(const ByteArray<32>& instance, const wire::VolumeTagRequest& request);

 private:
  Answer<std::shared_ptr<const StoredState>> state(const VolumeId& id);
  // False: somebody else wrote the record meanwhile.
  Answer<bool> keep_once(const ByteArray<32>& instance, const wire::VolumeTagRequest& request);
  std::unexpected<Problem> refuse_tag(const VolumeState& state, const ByteArray<32>& instance,
                                      const wire::VolumeTagRequest& request, TagVerdict verdict);
  Answer<void> record(const VolumeState& state, const ByteArray<32>& instance, const wire::VolumeTagRequest& request,
                      const char* event, const char* outcome, std::vector<std::pair<std::string, std::string>> more);

  Store& store_;
  AuditLog& audit_;
  const std::function<UtcTime()> clock_;
  SnapshotCache<StoredState> states_;
  std::array<std::mutex, 64> one_by_one_;
};

}  // namespace redoubt::cas
