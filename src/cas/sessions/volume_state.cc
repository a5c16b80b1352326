// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/volume_state.h"

#include <algorithm>

namespace redoubt::cas {

using wire::VolumeUpdates;

const Lease& grant(VolumeState& state, const ByteArray<32>& instance, VolumeUpdates updates) {
  if (state.leases.size() >= kMostLeases) state.leases.erase(state.leases.begin() + 1);
  return state.leases.emplace_back(Lease{++state.granted, instance, updates});
}

TagVerdict judge(const VolumeState& state, const ByteArray<32>& instance, uint64_t lease, const wire::VolumeTag& tag) {
  const auto found = std::ranges::find(state.leases, lease, &Lease::number);
  if (found == state.leases.end() || found->instance != instance) return TagVerdict::kNoLease;
  if (!state.initialised) return TagVerdict::kNew;
  if (tag.sequence == state.tag.sequence && tag.mac == state.tag.mac) return TagVerdict::kRepeated;
  if (state.trusts_contents) return TagVerdict::kNew;
  if (found->updates == VolumeUpdates::kEphemeral) return TagVerdict::kEphemeral;
  if (found->updates == VolumeUpdates::kNoRollbackProtection) return TagVerdict::kNew;
  return tag.sequence > state.tag.sequence ? TagVerdict::kNew : TagVerdict::kNotLater;
}

void keep(VolumeState& state, uint64_t lease, const wire::VolumeTag& tag) {
  std::erase_if(state.leases, [&](const Lease& one) { return one.number != lease; });
  state.initialised = true;
  state.trusts_contents = false;
  state.tag = tag;
}

policy::UpdatePolicy stricter(policy::UpdatePolicy one, policy::UpdatePolicy other) {
  using enum policy::UpdatePolicy;
  for (const policy::UpdatePolicy policy : {kEphemeral, kRollbackProtected}) {
    if (one == policy || other == policy) return policy;
  }
  return kNoRollbackProtection;
}

}  // namespace redoubt::cas
