// SPDX-License-Identifier: Apache-2.0
//
// What a board's signer signs (docs/cas-sessions.md): this line, and the session's text byte for byte as it is sent. The line
// keeps these signatures apart from whatever else the key signs. The command signs, CAS verifies.
#pragma once

#include <string_view>

namespace redoubt::policy {

inline constexpr std::string_view kBoardLabel = "Redoubt session change 1\n";

}  // namespace redoubt::policy
