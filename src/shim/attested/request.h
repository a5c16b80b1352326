// SPDX-License-Identifier: Apache-2.0
//
// What `redoubt run` asks of an attested start: `redoubt-run --attested=FD -- ARG...` (wire/launch_request.h). Everything in
// it is the host's choice.
#pragma once

#include <string_view>
#include <vector>

#include "shim/attested/failure.h"
#include "wire/attest_protocol.h"
#include "wire/launch_request.h"

namespace redoubt::shim::attested {

inline constexpr std::string_view kAttestedOption = "--attested=";

struct Request {
  wire::LaunchRequest launch;                   // views of memory that stays
  std::vector<std::string_view> arguments;      // after "--"
  std::vector<wire::HostVariable> environment;  // without REDOUBT_* and SCONE_*
};

// The descriptor that "--attested=FD" as first argument names, or null when this is no attested start. Nothing else decides
// that, REDOUBT_RESUME in the environment in particular does not: exec never lets a program's arguments look so.
const char* request_descriptor(int argc, char** argv);

// Reads the request and closes its descriptor.
Outcome<Request> read_request(const char* descriptor, int argc, char** argv, char** environment);

// Wipes what the request's texts are views of: passwords and tokens are among them.
void forget_request();

}  // namespace redoubt::shim::attested
