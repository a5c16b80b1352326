// SPDX-License-Identifier: Apache-2.0
//
// Secrets as text: hexadecimal, base64 and base32 (RFC 4648) and PEM (RFC 7468). Everything is written into memory of its
// final size that is wiped; nothing is left in between. Encoding is one table of alphabets: the bytes are cut into digits
// of 4, 5 or 6 bits from the most significant bit on, the last one filled up with zeros.
#pragma once

#include <optional>
#include <string_view>

#include "base/secret_bytes.h"

namespace redoubt::crypto {

enum class TextEncoding : uint8_t {
  kHex,                 // lower case
  kBase64,              // with padding
  kBase64Url,           // "-" and "_", with padding
  kBase64UrlNoPadding,  // as JOSE has it (RFC 7515, 2)
  kBase32,              // upper case, with padding
  kBase32NoPadding,
};

SecretBytes to_text(ByteView bytes, TextEncoding encoding);

// The bytes between BEGIN and END lines of `label`, in lines of 64 characters.
SecretBytes to_pem(ByteView der, std::string_view label);

// Either case. nullopt when a character is no hex digit or their number is odd.
std::optional<SecretBytes> secret_from_hex(std::string_view text);

// Base64 with padding; white space anywhere. nullopt for anything else.
std::optional<SecretBytes> secret_from_base64(std::string_view text);

// The parts, one after the other.
SecretBytes concatenated(const std::vector<ByteView>& parts);

}  // namespace redoubt::crypto
