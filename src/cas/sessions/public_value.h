// SPDX-License-Identifier: Apache-2.0
//
// The values that a session gives to everybody (export_public), and of each kind only the form that is meant for everybody:
// certificate or chain, public key, or the value itself of what has no public half. A private key has no public form here: a secret
// of kind public-key beside it has one.
#pragma once

#include <string>

#include "base/secret_bytes.h"
#include "base/utc_time.h"
#include "cas/sessions/problem.h"
#include "cas/sessions/session_loader.h"

namespace redoubt::cas {

// `form` as after $$SCONE::name: empty for the usual one (certificates: crt). kNotFound for what is not public as for what
// is not there; kMalformed for a form that the kind does not have.
Answer<SecretBytes> find_public_value(SessionLoader& loader, const std::string& session, const std::string& secret,
                                      const std::string& form, UtcTime now);

}  // namespace redoubt::cas
