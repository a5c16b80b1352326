// SPDX-License-Identifier: Apache-2.0
//
// Secrets that one session takes from another. The exporting session decides: it lists the importer by name (perhaps pinned by its
// hash), or a namespace that the importer is below. Decided when the importing session is put and again at every attestation, with
// the values of that moment: an export that was taken back, or a new password, counts at the next start.
//
// An importer may leave the kind open; then it is the exporter's, and only here it can be told whether the forms that the session
// asks for exist.
#pragma once

#include <string>

#include "cas/secrets/material.h"
#include "cas/sessions/problem.h"
#include "cas/sessions/session_loader.h"
#include "policy/session.h"

namespace redoubt::cas {

// Whether an exporting session lets `importer`, with this hash, have the secret.
bool exports_to(const policy::Secret& secret, const std::string& importer, const std::string& hash);

bool has_imports(const policy::Session& session);

// The materials of all imported secrets, by their local names, with certificates that are not due for renewal. `hash`: of the
// importing session. Refusals name both sessions and say the same whether the exporting session, its secret or the permission is
// missing.
Answer<Materials> resolve_imports(SessionLoader& loader, const policy::Session& session, const std::string& hash,
                                  UtcTime now);

// The session with certificates that are not due, its imports resolved where that can be done: for what it gives to others.
Answer<Snapshot> with_renewed_certificates(SessionLoader& loader, Snapshot snapshot, UtcTime now);

// Gives secrets whose kind was left open the kind of their material. Precondition: `imported` is of resolve_imports.
void set_imported_kinds(policy::Session& session, const Materials& imported);

// Every variable of the session asks for a form that its secret has at that place. kInvalid names the first that does not.
Answer<void> check_forms(const policy::Session& session);

}  // namespace redoubt::cas
