// SPDX-License-Identifier: Apache-2.0
//
// Whose volume a name in a session is, and what its owner says about it. An imported volume is the exporting session's: that session
// lists the importer, by name and perhaps hash, and decides key, protection of files and at least how strictly it is updated.
// Decided when the importing session is put and at every start, as imports of secrets are.
#pragma once

#include <optional>
#include <string>

#include "base/secret_bytes.h"
#include "cas/sessions/problem.h"
#include "cas/sessions/session_loader.h"
#include "cas/store/store.h"
#include "policy/session.h"

namespace redoubt::cas {

struct VolumeDefinition {
  std::string session;  // the owner's
  std::string volume;   // its name there
  policy::FileProtection files = policy::FileProtection::kEncrypted;
  SecretBytes key;        // 32 bytes of fspf_key; empty: CAS makes one
  std::string given_tag;  // fspf_tag; empty: none
  std::optional<policy::UpdatePolicy> export_policy;
};

// `materials`: of `session`, imported ones included. kForbidden: not exported to it, or no key can be made of fspf_key.
Answer<VolumeDefinition> define_volume(SessionLoader& loader, const policy::Session& session, const std::string& hash,
                                       const Materials& materials, const policy::Volume& volume, UtcTime now);

// All volumes of a session that is being put.
Answer<void> check_volumes(const Store& store, SessionLoader& loader, const policy::Session& session,
                           const std::string& hash, const Materials& materials, UtcTime now);

// kForbidden, volume.shared-key: two volumes of the session, imported ones included, have one key. The host could swap their
// directories, and where no tag is held against a volume nothing but its key tells it from another. Decided by the bytes: of the key that a volume
// was made with, and of its fspf_key while nobody has used it. At every start too, since an exporter may change a key.
Answer<void> check_keys_differ(const Store& store, SessionLoader& loader, const policy::Session& session,
                               const std::string& hash, const Materials& materials, UtcTime now);

// What a mount's policy comes to: `no_rollback_protection` only when all mounts of the volume in the session say so, and never
// weaker than the export.
policy::UpdatePolicy effective_policy(const policy::Session& session, const policy::Mount& mount,
                                      const VolumeDefinition& definition);

}  // namespace redoubt::cas
