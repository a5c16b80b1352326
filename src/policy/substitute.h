// SPDX-License-Identifier: Apache-2.0
//
// From a service's template to what its program gets: variables are replaced by secrets, @@1 and @@NAME by what the launcher
// gave. In one pass: what was put in is not read again, so neither a secret nor a host value can name another secret.
// Host values are the host's: they may be anything, and only a session that asks for one gets it.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/template.h"

namespace redoubt::policy {

// For people: says what was expected, what was found and what to do. Never holds a secret.
using SubstitutionError = std::string;
template <typename T>
using Substituted = std::expected<T, SubstitutionError>;

// The bytes of a secret in the form the variable asks for at that place (secret_kinds.h).
using Lookup = std::function<Substituted<std::string>(const Variable&, Place)>;

// A file or a configuration text. Unknown variables are errors; `text` comes from the session or from an untrusted disk.
Substituted<std::string> fill_template(std::string_view text, Place place, const Lookup& lookup);

// The arguments. `host_arguments[0]` is @@1.
Substituted<std::vector<std::string>> fill_command(std::span<const std::string> command,
                                                   std::span<const std::string> host_arguments, const Lookup& lookup);

// The environment. `host_environment` is a list, since a launcher can give a name twice: fatal when that name is asked for.
Substituted<std::map<std::string, std::string>> fill_environment(
    const std::map<std::string, std::string>& environment,
    std::span<const std::pair<std::string, std::string>> host_environment, const Lookup& lookup);

}  // namespace redoubt::policy
