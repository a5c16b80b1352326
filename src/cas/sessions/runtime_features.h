// SPDX-License-Identifier: Apache-2.0
//
// What of a session the runtime must keep. It travels with the code manifest as required features; a runtime that does not know one
// stops. (What nobody keeps is refused when the session is put: policy/not_supported.h.)
#pragma once

#include <string_view>
#include <vector>

#include "policy/session.h"

namespace redoubt::cas {

// Sorted: "memory.sealed", "network", "stdio.volume", "volumes" (mounts), "volumes.code" (code on one), "volumes.root" (fspf_path).
std::vector<std::string_view> required_features(const policy::Session& session, const policy::Service& service);

// The image of a service; null: it has none.
const policy::Image* image_of(const policy::Session& session, const policy::Service& service);

}  // namespace redoubt::cas
