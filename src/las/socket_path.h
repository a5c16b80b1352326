// SPDX-License-Identifier: Apache-2.0
//
// Where LAS listens. One for the node, started by root, at /run/redoubt/las.sock; a user's own, for development, under
// $XDG_RUNTIME_DIR. Clients take the node's when it is there. Nothing secret rests on the path: a false LAS can only
// refuse, or give evidence that CAS refuses.
#pragma once

#include <string>

namespace redoubt::las {

inline constexpr const char* kNodeSocket = "/run/redoubt/las.sock";

// Where to listen when nothing is said; empty for a user without XDG_RUNTIME_DIR.
std::string default_listening_path();

// Where to connect when nothing is said.
std::string default_socket_path();

}  // namespace redoubt::las
