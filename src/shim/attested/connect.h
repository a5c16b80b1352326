// SPDX-License-Identifier: Apache-2.0
//
// A TCP connection to CAS. Addresses are numeric ("127.0.0.1:18765", "[::1]:18765"): whoever launches resolves names, since a
// resolver would bring configuration files of the host into the runtime.
#pragma once

#include <string_view>
#include <vector>

#include "shim/attested/deadline.h"
#include "shim/attested/failure.h"
#include "shim/process/program_file.h"

namespace redoubt::shim::attested {

struct CasSocket {
  OwnedFd socket;  // non-blocking
  std::string_view address;
};

// Tries them in order, for five seconds each, and none beyond the deadline.
Outcome<CasSocket> connect_to_cas(const std::vector<std::string_view>& addresses, const Deadline& deadline);

}  // namespace redoubt::shim::attested
