// SPDX-License-Identifier: Apache-2.0
//
// OpenPGP key pairs (RFC 4880), version 4: an RSA-3072 primary key that certifies and signs, one user ID, and an RSA-3072
// subkey that encrypts, each with its self-signature (SHA-256). Without pass phrase and without expiry. Both halves are
// transferable keys (11.1, 11.2): a sequence of packets in binary, which gpg --import takes as it is or in ASCII armor.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret_bytes.h"
#include "base/utc_time.h"

namespace redoubt::crypto {

struct OpenPgpKey {
  SecretBytes secret;  // empty when only the public half was given
  Bytes open;          // the public half
};

// Takes as long as two RSA keys take, about half a second.
Result<OpenPgpKey, Error> generate_openpgp_key(const std::string& user_id, UtcTime created);

// One key in ASCII armor (6.2), secret or public; a secret one may have a pass phrase. Signatures are not verified.
Result<OpenPgpKey, Error> read_openpgp_key(std::string_view armored);

// `label`: "PGP PRIVATE KEY BLOCK" or "PGP PUBLIC KEY BLOCK".
SecretBytes openpgp_armor(ByteView packets, std::string_view label);

}  // namespace redoubt::crypto
