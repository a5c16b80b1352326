// SPDX-License-Identifier: Apache-2.0
//
// The command line of redoubt-cas, and the statuses it exits with.
#pragma once

#include <string>
#include <variant>

#include "cas/api/server.h"
#include "cas/evidence/trust.h"
#include "cas/log.h"

namespace redoubt::cas {

enum class ExitStatus : int {
  kStopped = 0,      // by SIGTERM or SIGINT
  kFailed = 1,       // a file, the disk or the address
  kUsage = 2,        // the command line makes no sense
  kUnauthentic = 3,  // the data directory is not what CAS left there
};

struct Options {
  std::string data;
  ServerOptions server;
  TrustFiles trust;
  LogLevel log_level = LogLevel::kInfo;
};

// The options, or the status to exit with when help was asked for or something is wrong (it has been printed).
std::variant<Options, ExitStatus> parse_options(int argc, char** argv);

}  // namespace redoubt::cas
