// SPDX-License-Identifier: Apache-2.0
//
// What people see of a session's volumes, and how they begin anew with one. Who may is decided by SessionService before. A key is
// shown to nobody: whoever wants to read a volume with tools gives its key himself (fspf_key).
//
// Forgetting is the way out when a volume's directory was lost or put back to an older state, which every start would refuse for
// ever. Either the next start initialises a new volume, with a new id and key (what was is kept under its id), or it takes whatever
// authentic state it finds (`kTrust`). The leases of what runs end with it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cas/audit/audit_log.h"
#include "cas/sessions/problem.h"
#include "cas/sessions/session_loader.h"
#include "cas/sessions/volume_store.h"
#include "policy/session.h"

namespace redoubt::cas {

struct VolumeReport {
  std::string name;
  std::string import;      // "session, volume" that it is imported from; empty: the session's own
  bool in_session = true;  // false: the present session does not name it any more; its record is kept
  std::string files;       // "encrypted", "authenticated-only"
  bool key_given = false;  // fspf_key
  std::string id;          // hexadecimal; empty: nobody has used it
  std::string state;       // "none", "initialising", "tag", "trust"
  uint64_t lease = 0;      // the last one given
  std::string instance;    // that wrote last or, before the first tag, started last; hexadecimal
  wire::VolumeTag tag;     // when the state is "tag" or "trust"
  uint64_t changed = 0;    // seconds since 1970: the last lease or tag
};

// All of them, those that the session does not name any more last.
Answer<std::vector<VolumeReport>> report_volumes(const Store& store, SessionLoader& loader,
                                                 const StoredSession& session);

enum class Contents : uint8_t { kForget, kTrust };

// What a board signs (after its label) to have a volume forgotten: for one id, so it is good once.
std::string forget_text(const std::string& session, const std::string& volume, const std::string& id,
                        Contents contents);

// The id in use; empty: nobody has used it. kNotFound: neither the session nor the store knows that volume as the session's own.
Answer<std::string> id_to_forget(const Store& store, const StoredSession& session, const std::string& volume);

// `subject`: who asks, for the audit log. kConflict: it has another id meanwhile, or no tag to trust the contents after.
Answer<void> forget_volume(Store& store, AuditLog& audit, const std::string& subject, const std::string& session,
                           const std::string& volume, const std::string& id, Contents contents, UtcTime now);

}  // namespace redoubt::cas
