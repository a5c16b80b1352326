// SPDX-License-Identifier: Apache-2.0
//
// Which configuration an attested run asks for: SESSION/SERVICE, or SESSION/SERVICE@PASSWORD with a one-time password.
// Names of sessions hold '/' themselves, so the service is what comes after the last one.
#pragma once

#include <string>
#include <string_view>

#include "cli/error.h"

namespace redoubt::cli {

struct ConfigId {
  std::string session;
  std::string service;
  std::string one_time_password;  // empty: none
};

// `what` says where the text came from, such as "--session". Messages never quote a password. Errors: kUsage.
Result<ConfigId> parse_config_id(std::string_view text, const std::string& what);

}  // namespace redoubt::cli
