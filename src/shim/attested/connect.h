// SPDX-License-Identifier: Apache-2.0
//
// A TCP connection to CAS. Addresses are numeric ("127.0.0.1:18765", "[::1]:18765"): whoever launches resolves names, since a
// resolver would bring configuration files of the host into the runtime.
#pragma once

#include <string_view>
#include <vector>

#include "shim/attested/failure.h"
#include "shim/process/program_file.h"

namespace redoubt::shim::attested {

// Tries them in order; the socket is non-blocking.
Outcome<OwnedFd> connect_to_cas(const std::vector<std::string_view>& addresses);

}  // namespace redoubt::shim::attested
