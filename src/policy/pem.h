// SPDX-License-Identifier: Apache-2.0
//
// Whether text is what a session says it is: certificates and keys in PEM, read by OpenSSL from memory. Nothing is verified
// here but the form; no file, no configuration and no network is touched.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/choices.h"

namespace redoubt::policy {

struct KeyFacts {
  std::optional<KeyType> type;  // nullopt: a type that sessions cannot name
};

bool is_certificate_pem(std::string_view text);                   // one or more certificates and nothing else
bool is_private_key_pem(std::string_view text);                   // without a pass phrase
bool is_authority_pem(std::string_view text);                     // its first certificate may sign others
std::optional<KeyFacts> read_private_key(std::string_view text);  // without a pass phrase
std::optional<KeyFacts> read_public_key(std::string_view text);   // SubjectPublicKeyInfo in PEM
std::string public_key_der(std::string_view text);                // what that PEM holds; empty: no key
// Whether the key is that of the first certificate. Preconditions: both are what they should be.
bool key_fits_certificate(std::string_view private_key, std::string_view certificate);

}  // namespace redoubt::policy
