// SPDX-License-Identifier: Apache-2.0
//
// Whether a launcher brought the second factor that a session asks for (one_time_password_shared_secret). A time step is used
// once: the step is in the store before the password counts, so neither a copied password nor a CAS that was killed lets anybody
// in twice. Guessing is slow: after five wrong passwords within ten minutes of a session (or of a service with a secret of its own)
// everything is refused until those ten minutes are over (RFC 4226, 7.3).
#pragma once

#include <string>

#include "base/utc_time.h"
#include "cas/sessions/problem.h"
#include "cas/sessions/session_loader.h"
#include "cas/store/store.h"
#include "policy/session.h"

namespace redoubt::cas {

inline constexpr uint32_t kMostWrongPasswords = 5;
inline constexpr uint64_t kWrongPasswordSteps = 20;  // of 30 seconds

// The shared secret's bytes: those of a binary secret that the text names and nothing else, or the text as base32. Empty: the session
// and the service ask for no password. A service's own secret takes the place of the session's. kInvalid: it is too short or no base32.
Answer<SecretBytes> one_time_password_secret(const policy::Session& session, const policy::Service& service,
                                             const Materials& materials, UtcTime now);

// Uses up the password. kForbidden: it is missing, wrong or used. Does nothing when none is asked for.
Answer<void> check_one_time_password(Store& store, const policy::Session& session, const policy::Service& service,
                                     const Materials& materials, std::string_view password, UtcTime now);

}  // namespace redoubt::cas
