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

struct PublicKeyFacts {
  std::optional<KeyType> type;  // nullopt: a type that sessions cannot name
};

bool is_certificate_pem(std::string_view text);                        // one or more certificates and nothing else
bool is_private_key_pem(std::string_view text);                        // without a pass phrase
std::optional<PublicKeyFacts> read_public_key(std::string_view text);  // SubjectPublicKeyInfo in PEM

}  // namespace redoubt::policy
