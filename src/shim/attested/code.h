// SPDX-License-Identifier: Apache-2.0
//
// The session's code: what the manifest of CAS lets this run load, and whether it is here.
#pragma once

#include "shim/attested/cas_client.h"
#include "shim/attested/failure.h"
#include "wire/attest_protocol.h"

namespace redoubt::shim::attested {

// Sets up the program's file namespace from the manifest and checks every file of it. A file that is not as the session says
// is reported to CAS, whose audit log names it, and is a failure here (kRefused).
Outcome<void> verify_code(CasClient& cas, const wire::CodeManifest& manifest);

}  // namespace redoubt::shim::attested
