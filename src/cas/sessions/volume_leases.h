// SPDX-License-Identifier: Apache-2.0
//
// What a program that starts gets of its volumes: where each is mounted, its key, a lease, and the tag it must find or the order to
// initialise. A volume is made the first time somebody gets it. All leases of one start are given in one commit, and every one of
// them stands in the audit log before it is.
//
// A volume is what it was made as. When the session's words have changed since then (another fspf_key, fspf_tag or protection of
// files), the program is refused rather than given a volume that it could not read, and the record keeps its key.
#pragma once

#include <vector>

#include "cas/audit/audit_log.h"
#include "cas/sessions/problem.h"
#include "cas/sessions/session_loader.h"
#include "cas/store/store.h"
#include "policy/session.h"
#include "wire/attest_protocol.h"

namespace redoubt::cas {

// With their keys, which are wiped in the end. Names and paths are views of the session.
class GivenVolumes {
 public:
  GivenVolumes() = default;
  GivenVolumes(GivenVolumes&& other) noexcept : mounted_(std::exchange(other.mounted_, {})) {}
  GivenVolumes& operator=(GivenVolumes&&) = delete;
  ~GivenVolumes() {
    for (wire::MountedVolume& one : mounted_) explicit_bzero(one.key.data(), one.key.size());
  }

  // `count`: how many will be added at most; a vector that grows leaves keys behind.
  void reserve(size_t count) { mounted_.reserve(count); }
  wire::MountedVolume& add() { return mounted_.emplace_back(); }
  const std::vector<wire::MountedVolume>& mounted() const { return mounted_; }

 private:
  std::vector<wire::MountedVolume> mounted_;
};

struct VolumeRecipient {
  const policy::Session& session;
  const policy::Service& service;
  const Materials& materials;
  const std::string& session_hash;
  const ByteArray<32>& instance;  // SHA-256 of its key
  UtcTime now;
};

Answer<GivenVolumes> give_volumes(Store& store, AuditLog& audit, SessionLoader& loader,
                                  const VolumeRecipient& recipient);

}  // namespace redoubt::cas
