// SPDX-License-Identifier: Apache-2.0
//
// Who may do what with a session: its access_policy against who asks. Pure. Nothing is allowed unless a principal of the list
// allows it:
//
//   ANY            everybody, without a certificate too        key hash, PEM,   the client whose TLS key it is
//   CREATOR        the client that created the session         $$SCONE::x$$
//   NONE           nobody                                      signer, groups   whoever brings enough signatures
//
// A board's signature is over policy::kBoardLabel and the session's text byte for byte as it is sent. The text holds the name
// and, for an update, the predecessor, so a signature is good for one change of one session. It is the same for every CAS that
// has this very history.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cas/secrets/material.h"
#include "cas/sessions/problem.h"
#include "cas/sessions/public_keys.h"
#include "cas/sessions/session_service.h"
#include "policy/session.h"

namespace redoubt::cas {

// At most that many signatures come with a request, and at most that many are verified for one.
inline constexpr size_t kMostSignatures = 64;
inline constexpr size_t kMostVerifications = 1024;

// Who signed: key hashes of those signers of `principals` (boards included) that have a good signature. kMalformed: too many, or
// text that is no base64.
Answer<std::set<KeyHash>> signers_of(const std::vector<policy::Principal>& principals, std::string_view yaml,
                                     const BoardSignatures& signatures);

// One session, as far as decisions need it. `materials` may be null when no principal is a variable.
struct AccessContext {
  const policy::Session& session;
  const std::string& creator;
  const Materials* materials;
};

bool allows(const std::vector<policy::Principal>& principals, const AccessContext& context, const Client& client,
            const std::set<KeyHash>& signers);

// Whether any principal of the list is a variable.
bool needs_materials(const std::vector<policy::Principal>& principals);

// The key that a variable stands for: of a certificate or public key, or given as ascii (a key hash, or a certificate in PEM).
// kInvalid: the secret is nothing of that.
Answer<KeyHash> key_of_variable(const policy::Session& session, const Materials& materials, const std::string& text);

}  // namespace redoubt::cas
