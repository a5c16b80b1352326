// SPDX-License-Identifier: Apache-2.0
//
// Strict PEM (RFC 7468): blocks of one label, one after the other, nothing between them but white space. OpenSSL's reader
// skips what it does not understand; a verifier must not, or a damaged chain would look like a shorter one.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace redoubt::crypto {

// The contents of all blocks, at least one. NUL bytes at the end are taken as padding (quoting enclaves add one).
Result<std::vector<Bytes>, Error> parse_pem(std::string_view text, std::string_view label);

bool looks_like_pem(std::string_view text);

}  // namespace redoubt::crypto
