// SPDX-License-Identifier: Apache-2.0
//
// What of the session language this CAS and its runtimes keep. A session that asks for something that nobody enforces is refused
// when it is put, with every such place named: it would otherwise be weaker than it reads. What depends on the runtime travels with
// the code manifest as a required feature; a runtime that does not know the feature stops.
#pragma once

#include <string_view>
#include <vector>

#include "policy/mistake.h"
#include "policy/session.h"

namespace redoubt::cas {

// Errors for what is not enforced, warnings for what has no effect. Without positions: `where` names the place.
std::vector<policy::Mistake> unenforced(const policy::Session& session);

// Sorted: "memory.sealed", "network", "stdio.volume", "volumes".
std::vector<std::string_view> required_features(const policy::Session& session, const policy::Service& service);

// The image of a service; null: it has none.
const policy::Image* image_of(const policy::Session& session, const policy::Service& service);

}  // namespace redoubt::cas
