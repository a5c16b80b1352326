// SPDX-License-Identifier: Apache-2.0
#include "policy/session_hash.h"

#include <openssl/sha.h>

#include <string_view>

namespace redoubt::policy {

Hex session_hash(const Session& session) {
  const std::string text = std::string(kSessionHashLabel) + canonical_form(session).canonical_json();
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  constexpr std::string_view kDigits = "0123456789abcdef";
  Hex out;
  for (const unsigned char byte : digest) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace redoubt::policy
