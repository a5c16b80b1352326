// SPDX-License-Identifier: Apache-2.0
//
// A board's signatures over a session (access_policy: signer). A member signs a label and the text as it is sent to CAS: with
// Ed25519 (RFC 8032), or ECDSA over P-384 with SHA-384, in DER. On the wire and in files: base64.
#pragma once

#include <string>
#include <string_view>

#include "cli/error.h"

namespace redoubt::cli {

// `key_file`: a private key in PEM, without passphrase. Errors: kUsage.
Result<std::string> sign_session(std::string_view text, const std::string& key_file);

// What `redoubt session sign` printed into a file: base64 in one piece. Errors: kUsage.
Result<std::string> read_signature(const std::string& file);

}  // namespace redoubt::cli
