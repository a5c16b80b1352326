// SPDX-License-Identifier: Apache-2.0
//
// The checks that need the whole session: does every name exist, is it of the right kind, does a variable's form exist where
// it stands, do certificates have an issuer that can sign, does every service say which code it is.
#pragma once

#include "policy/reader.h"
#include "policy/session.h"

namespace redoubt::policy {

// `root` is what `session` was read from, for the places of what is missing.
void check_references(const Session& session, const Node& root, const std::vector<Reference>& references,
                      std::vector<Mistake>& mistakes);

// The form a variable asks for in a checked session; nullptr: there is none. For whoever makes the bytes.
const FormRow* resolve_form(const Session& session, const Variable& variable, Place place, std::string& secret_name);

}  // namespace redoubt::policy
