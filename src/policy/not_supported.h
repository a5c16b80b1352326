// SPDX-License-Identifier: Apache-2.0
//
// What of the session language CAS refuses, since nobody would enforce it: a session that asks for it would be weaker than it reads.
// The one list of it. `redoubt session check` warns about these (the text is a session, of a CAS that can more); CAS takes them as
// mistakes when a session is put, and when a fragment of another session brings them in. A feature that becomes real loses its row.
// Beside it what CAS demands of the runtime (required features) and today's runtime refuses: always a warning.
#pragma once

#include <vector>

#include "policy/mistake.h"
#include "policy/session.h"
#include "policy/yaml_document.h"

namespace redoubt::policy {

// So many sessions may be named by the imports of one: CAS reads each at every start.
inline constexpr size_t kMostExporters = 32;

// One mistake of `severity` for each place. `root`: what `session` was read from, for the positions.
void note_not_supported(const Session& session, const Node& root, Severity severity, std::vector<Mistake>& mistakes);

}  // namespace redoubt::policy
