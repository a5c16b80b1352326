// SPDX-License-Identifier: Apache-2.0
//
// What CAS gives the program: files, streams, directory, arguments, environment.
#pragma once

#include <string>
#include <vector>

#include "shim/attested/cas_client.h"
#include "shim/attested/failure.h"
#include "shim/process/program_file.h"
#include "wire/attest_protocol.h"

namespace redoubt::shim::attested {

// Puts the injected files into the program's namespace; what is to be filled from a file on disk goes through CAS.
Outcome<void> inject_files(CasClient& cas, const wire::Configuration& configuration);

// "NAME=value" each, exactly the configuration's. A name twice, empty, or with '=' or a NUL is refused.
Outcome<std::vector<std::string>> environment_of(const wire::Configuration& configuration);

// The program that the first argument names, looked up in the configuration's PATH when it holds no slash, with the
// arguments.
Outcome<ProgramFiles> find_program(const wire::Configuration& configuration);

}  // namespace redoubt::shim::attested
