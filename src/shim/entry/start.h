// SPDX-License-Identifier: Apache-2.0
//
// What the process was started with, as far as the C library is not to see it.
#pragma once

namespace redoubt::shim {

// The environment that the host gave us, NULL-terminated. getenv() of the runtime finds nothing.
extern char** initial_environment;

}  // namespace redoubt::shim
