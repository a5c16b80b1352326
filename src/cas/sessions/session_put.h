// SPDX-License-Identifier: Apache-2.0
//
// Creating and updating a session, step by step: the text has no mistakes and asks for nothing that is not enforced; the client
// may do it; the predecessor is the present session; imports are allowed; secrets are made; what the access policy and the
// second factors name exists; the decision is in the audit log; session and materials are committed together. The store notices when
// somebody else changed the session meanwhile.
//
// Creating below another session ("a/b" below "a", or below the nearest ancestor that exists) needs that session's create_sessions.
// Where no ancestor exists a name belongs to the first client with a certificate who asks for it.
#pragma once

#include <string>

#include "cas/audit/audit_log.h"
#include "cas/sessions/problem.h"
#include "cas/sessions/session_loader.h"
#include "cas/sessions/session_service.h"
#include "cas/store/store.h"

namespace redoubt::cas {

struct PutRequest {
  const Client& client;
  const std::string& name;  // as the path of the request has it
  const std::string& yaml;
  const BoardSignatures& signatures;
  UtcTime now;
};

Answer<SessionReply> put_session(Store& store, AuditLog& audit, SessionLoader& loader, const PutRequest& request);

}  // namespace redoubt::cas
