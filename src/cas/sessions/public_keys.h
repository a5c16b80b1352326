// SPDX-License-Identifier: Apache-2.0
//
// The keys of people: how a client, a principal of an access policy and a member of a board are named. A key's name is the SHA-256
// of its SubjectPublicKeyInfo (RFC 5280, 4.1) in hexadecimal, so a certificate that is made anew with the same key is the same
// client. A certificate in a policy stands for its key: TLS proves that the client holds that key, and nothing else in a
// certificate is vouched for by anybody.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace redoubt::cas {

using KeyHash = std::string;  // 64 lower-case hexadecimal digits

// nullopt: no certificate or key of that form. Of several certificates in a text the first one counts, as TLS has them.
std::optional<KeyHash> key_hash_of_certificate_pem(std::string_view pem);
std::optional<KeyHash> key_hash_of_certificate_der(ByteView der);
std::optional<KeyHash> key_hash_of_public_key_pem(std::string_view pem);
KeyHash key_hash_of_public_key_der(ByteView spki);

// Whether `signature` is that of the key over `message`: Ed25519 (RFC 8032), or P-384 as ECDSA with SHA-384 in DER, as
// `openssl dgst -sha384 -sign` and `openssl pkeyutl -sign -rawin` write them. Other keys sign nothing here.
bool signature_verifies(std::string_view public_key_pem, ByteView message, ByteView signature);

}  // namespace redoubt::cas
