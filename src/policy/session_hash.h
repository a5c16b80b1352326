// SPDX-License-Identifier: Apache-2.0
//
// The identity of a session: SHA-256 over a label and the session's canonical form. The canonical form is JSON as value.h
// spells it, made from the model and not from the text: formatting, comments, the order of keys, aliases, older spellings of
// keys and defaults that are written out do not show. Lists whose order means nothing are sorted. Absent optional values are
// left out, everything else is written, so that a default that changes in a later version changes the hash.
#pragma once

#include <string>

#include "policy/session.h"
#include "policy/value.h"

namespace redoubt::policy {

inline constexpr std::string_view kSessionHashLabel = "redoubt session 1\n";

// The canonical form as a tree. It holds the explicit values of secrets.
Value canonical_form(const Session& session);  // session_form.cc

// 64 hexadecimal digits. Precondition: `session` came from check_session.
Hex session_hash(const Session& session);

}  // namespace redoubt::policy
