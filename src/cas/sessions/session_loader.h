// SPDX-License-Identifier: Apache-2.0
//
// Sessions and their materials as they are in the store, parsed once and shared. A Snapshot is one session with the materials that
// were made for it; nothing changes under whoever holds it. The texts of explicit values are wiped from the parsed model: they are
// in the materials. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "base/utc_time.h"
#include "cas/secrets/material.h"
#include "cas/sessions/problem.h"
#include "cas/sessions/rendered_forms.h"
#include "cas/sessions/snapshot_cache.h"
#include "cas/store/store.h"
#include "policy/check.h"
#include "policy/session.h"

namespace redoubt::cas {

struct StoredSession {
  policy::Session session;  // `value` of its secrets: empty where one was given
  std::string creator;      // key hash
  std::string hash;
  UtcTime created;
  UtcTime updated;
  uint64_t record_version;
  std::string fragments_hash = {};  // of what fragments of other sessions were filled in; empty: nothing was
};

struct StoredMaterials {
  StoredMaterials(Materials stored, std::string hash, uint64_t version, size_t forms_room)
      : materials(std::move(stored)), session_hash(std::move(hash)), record_version(version), forms(forms_room) {}

  Materials materials;
  std::string session_hash;  // of the session that they were made for
  uint64_t record_version;
  RenderedForms forms;
};

struct Snapshot {
  std::shared_ptr<const StoredSession> session;  // null: there is none of that name
  std::shared_ptr<const StoredMaterials> materials;
};

class SessionLoader {
 public:
  explicit SessionLoader(Store& store);

  // Null: there is none. `keep`: whether to cache it (not when looking over many).
  Answer<std::shared_ptr<const StoredSession>> session(const std::string& name, bool keep = true);
  // The same session with fragments of other sessions filled in. kForbidden: what comes of it is no session that CAS keeps.
  Answer<std::shared_ptr<const StoredSession>> filled(const StoredSession& session,
                                                      policy::ImportedFragments fragments);
  Answer<Snapshot> snapshot(const std::string& name);
  // The same session with certificates that are not due for renewal. Renewed ones are in the store when this returns. `imported`:
  // the present materials of its imported secrets, which may have issued some of the certificates.
  Answer<Snapshot> renewed(Snapshot snapshot, const Materials& imported, UtcTime now);

 private:
  Answer<std::shared_ptr<const StoredMaterials>> materials(const std::string& name, const std::string& session_hash);

  Store& store_;
  // What a session's text and these fragments make: for other fragments it is another one.
  struct FilledSession {
    policy::ImportedFragments fragments;
    std::shared_ptr<const StoredSession> session;
  };

  SnapshotCache<StoredSession> sessions_;
  SnapshotCache<FilledSession> filled_sessions_;
  SnapshotCache<StoredMaterials> materials_;
};

// The record for kMaterials.
SecretBytes materials_record(const std::string& session_hash, const Materials& materials);

}  // namespace redoubt::cas
