// SPDX-License-Identifier: Apache-2.0
//
// Secrets out of nothing: bytes from OpenSSL's private random generator (which the kernel seeds), and text of letters and
// digits, every character equally likely. kFailed when the generator fails; nothing weaker takes its place.
#pragma once

#include "base/error.h"
#include "base/secret_bytes.h"

namespace redoubt::crypto {

// What text is made of: no character means anything to a shell, a URL, JSON, YAML or a configuration file. 5.95 bits each.
inline constexpr std::string_view kTextAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

Result<SecretBytes, Error> random_bytes(size_t size);
Result<SecretBytes, Error> random_text(size_t size);

}  // namespace redoubt::crypto
