// SPDX-License-Identifier: Apache-2.0
//
// What CAS remembers of a volume besides its key, and who may change it. Pure: values in, values out.
//
//   none ──configuration──► initialising(instances, leases) ──first tag──► tag ──later tags──► tag
//
// A volume's history is one line, and the tag that CAS keeps is its end. A program that starts gets the tag (or is told to
// initialise) and a lease, one more than any before. With the tag it is at, a lease is the right to continue the line *from there*:
// whoever does it first ends all other leases, because their programs have not seen what came. So of two programs that run on
// copies of one volume exactly one goes on. The runtime does it before its program runs; a start that fails before ends nothing.
//
// What a mount's update policy changes: an `ephemeral` one never moves the tag (only the first one, which ends initialisation);
// `no_rollback_protection` takes any tag, for the program may have been given an older state by the host.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "policy/choices.h"
#include "wire/attest_protocol.h"

namespace redoubt::cas {

// The leases that may continue from the tag that is kept. More are not remembered: the oldest goes first, except the one that
// wrote last.
inline constexpr size_t kMostLeases = 64;

struct Lease {
  uint64_t number = 0;
  ByteArray<32> instance{};  // SHA-256 of the instance's key
  wire::VolumeUpdates updates = wire::VolumeUpdates::kRollbackProtected;
};

struct VolumeState {
  std::string session;       // whose volume it is
  std::string volume;        // its name there
  bool initialised = false;  // there is a tag
  wire::VolumeTag tag;
  bool trusts_contents = false;  // the owner said to take what is there: good until the next tag
  uint64_t granted = 0;          // leases so far
  std::vector<Lease> leases;     // that may continue; the first is the one that wrote last, if it is still among them
  uint64_t changed = 0;          // seconds since 1970
};

// Gives out the next lease.
const Lease& grant(VolumeState& state, const ByteArray<32>& instance, wire::VolumeUpdates updates);

enum class TagVerdict : uint8_t {
  kNew,        // to be kept
  kRepeated,   // the tag that is kept, from an instance that may continue: acknowledged again
  kNoLease,    // of a lease that ended, or of another instance
  kNotLater,   // than the tag that is kept
  kEphemeral,  // the mount records no changes
};

TagVerdict judge(const VolumeState& state, const ByteArray<32>& instance, uint64_t lease, const wire::VolumeTag& tag);

// Keeps a tag that is kNew. Precondition: judge() said so.
void keep(VolumeState& state, uint64_t lease, const wire::VolumeTag& tag);

// What holds where a mount says one thing and an export another, or two mounts of one volume differ.
policy::UpdatePolicy stricter(policy::UpdatePolicy one, policy::UpdatePolicy other);

}  // namespace redoubt::cas
