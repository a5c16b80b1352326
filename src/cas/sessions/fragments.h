// SPDX-License-Identifier: Apache-2.0
//
// config-fragments of other sessions: parts of attestation, access_policy and security that another session writes (policy/fragments.h).
// A session is what its own text says: its hash names it without them. What is decided by it, it is with them, as their sessions
// export them at that moment; so whoever may change such a fragment takes part in every decision of the sessions that name it.
//
//   put            refused when a fragment is not exported to this session, or what comes of it is no session that CAS keeps
//   attestation    the same, at every start
//   people         with the fragments where they can be had. Without, the session allows less and never more (policy/check.h), so that
//                  its owner is not shut out by another session, and can replace the fragment
#pragma once

#include <memory>

#include "cas/sessions/problem.h"
#include "cas/sessions/session_loader.h"
#include "policy/check.h"

namespace redoubt::cas {

// The values of the fragments that `session` (with this hash) leaves open, authorised by their sessions. Refusals as of
// resolve_imports.
Answer<policy::ImportedFragments> imported_fragments(SessionLoader& loader, const policy::Session& session,
                                                     const std::string& hash);

// The session to decide about programs by: itself when nothing is open in it. Refusals tell no hash: they go to anybody.
Answer<std::shared_ptr<const StoredSession>> with_fragments(SessionLoader& loader,
                                                            std::shared_ptr<const StoredSession> session);

// The session to decide about people by: never refused for a fragment.
Answer<std::shared_ptr<const StoredSession>> with_fragments_if_there(SessionLoader& loader,
                                                                     std::shared_ptr<const StoredSession> session);

}  // namespace redoubt::cas
