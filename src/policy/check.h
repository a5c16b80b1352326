// SPDX-License-Identifier: Apache-2.0
//
// The entry of this folder: from the text of a session to a checked model, or to everything that is wrong with it, at once.
// Pure: no file, no network, no clock. `redoubt session check` and CAS call the same function, so that what passed at the
// desk passes there.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/mistake.h"
#include "policy/session.h"

namespace redoubt::policy {

struct CheckedSession {
  std::optional<Session> session;  // when there are no errors
  std::string name;                // as the text has it, also when there are errors; empty: none
  std::vector<Mistake> mistakes;   // errors and warnings in the order of the text, at most kMaxMistakes
};

inline constexpr size_t kMaxMistakes = 1000;

// Values of config-fragments that this session imports: (session, secret) to canonical JSON, as the other session's model has it
// (Secret::parameters["fragment"]). Whoever fills this has checked that the other session exports them to this one.
using ImportedFragments = std::map<std::pair<std::string, std::string>, std::string>;

// Without `imported`, or where it lacks a fragment, the session's `unresolved_fragments` name what is open, with a warning each.
//
// `not_supported` is the severity of what CAS refuses (not_supported.h): at the desk a warning, at CAS an error.
//
// CAS: (1) A session is identified by session_hash(*check_session(yaml).session), without imported values: the hash covers
// fragments of the session itself by their value and others by name. (2) Decisions (who may read or update, what attests) are
// made by check_session(yaml, &imported) alone, and by no session whose unresolved_fragments are not empty or that has errors:
// refuse then, naming the first. (3) Without its fragments a session allows nothing that its own text would not: who may read or
// update it may be decided so where the fragments cannot be had, lest another session shut its owner out.
CheckedSession check_session(std::string_view yaml, const ImportedFragments* imported = nullptr,
                             Severity not_supported = Severity::kWarning);

}  // namespace redoubt::policy
