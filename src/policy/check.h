// SPDX-License-Identifier: Apache-2.0
//
// The entry of this folder: from the text of a session to a checked model, or to everything that is wrong with it, at once.
// Pure: no file, no network, no clock. `redoubt session check` and CAS call the same function, so that what passed at the
// desk passes there.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "policy/mistake.h"
#include "policy/session.h"

namespace redoubt::policy {

struct CheckedSession {
  std::optional<Session> session;  // when there are no errors
  std::vector<Mistake> mistakes;   // errors and warnings in the order of the text, at most kMaxMistakes
};

inline constexpr size_t kMaxMistakes = 1000;

CheckedSession check_session(std::string_view yaml);

}  // namespace redoubt::policy
