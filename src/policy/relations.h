// SPDX-License-Identifier: Apache-2.0
//
// What secrets must be to each other, where their names exist and their kinds fit (references.h): a certificate's key is the one
// it was made for, an issuer may sign, a token's key has the type its algorithm asks for. Everything is decided from the text of
// the session; what CAS makes or another session owns cannot be seen here.
#pragma once

#include <string>
#include <unordered_map>

#include "policy/mistake.h"
#include "policy/session.h"
#include "policy/yaml_document.h"

namespace redoubt::policy {

using SecretsByName = std::unordered_map<std::string, const Secret*>;

// `node` is what `secret` was read from, `where` its path. No message quotes a value.
void check_relations(const SecretsByName& secrets, const Secret& secret, const Node& node, const std::string& where,
                     std::vector<Mistake>& mistakes);

}  // namespace redoubt::policy
