// SPDX-License-Identifier: Apache-2.0
//
// config-fragment: a structured secret that stands for a part of the configuration. `$$SCONE::name$$` as a whole value in
// services[].attestation, services[].platforms, access_policy and security is replaced by the fragment's value before these
// sections are read, so that it is checked as if it had been written there, at its own lines. In a list, a fragment that is a
// list brings in its members; any other takes the place of the variable.
//
// A fragment of another session is known to CAS only. Where its value was not given, the place becomes a value that nobody
// knows (Node::Kind::kUnknown; in lists it is left out, and the list is marked incomplete): no mistake is seen in it, and what
// depends on it is read in the way that gives nothing away (known() below).
#pragma once

#include <vector>

#include "policy/check.h"
#include "policy/mistake.h"
#include "policy/session.h"
#include "policy/yaml_document.h"

namespace redoubt::policy {

// Replaces the variables in `root`, the whole session. What stays unknown is returned, and warned about.
std::vector<UnresolvedFragment> expand_fragments(Node& root, const ImportedFragments* imported,
                                                 std::vector<Mistake>& mistakes);

}  // namespace redoubt::policy
