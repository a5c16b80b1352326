// SPDX-License-Identifier: Apache-2.0
//
// JSON Web Tokens (RFC 7519) in the compact form of RFC 7515: header.payload.signature, each base64url without padding,
// signed with ES384 (RFC 7518, 3.4). CAS sets the times: iat and nbf are when the token is made, exp is when its validity
// ends; every other claim is the session's. A token is made when a program asks for its configuration, so it is always
// fresh. Private to cas/secrets.
#pragma once

#include "base/error.h"
#include "base/secret_bytes.h"
#include "base/utc_time.h"
#include "crypto/private_key.h"
#include "policy/session.h"

namespace redoubt::cas {

// kMalformed when the payload is no map or sets a time, or the key is not P-384.
Result<SecretBytes, Error> make_jwt(const policy::Secret& secret, const crypto::PrivateKey& signer, UtcTime now);

}  // namespace redoubt::cas
