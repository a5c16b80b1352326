// SPDX-License-Identifier: Apache-2.0
//
// readlinkat for the shim itself: the one place where the length of a link's target, which the host says, is checked.
#pragma once

#include <string>

#include "base/result.h"

namespace redoubt::shim {

// The target of the link `path` below `directory`, or of the link that `directory` is open on when `path` is empty.
// Cut at PATH_MAX. EIO for a length that no kernel answers.
Result<std::string> read_host_link(int directory, const char* path);

}  // namespace redoubt::shim
