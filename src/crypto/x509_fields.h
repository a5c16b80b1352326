// SPDX-License-Identifier: Apache-2.0
//
// What certificates and CRLs have in common, read from OpenSSL's objects. Private to src/crypto.
#pragma once

#include <openssl/types.h>
#include <openssl/x509.h>

#include <memory>
#include <optional>
#include <string>

#include "crypto/x509.h"

namespace redoubt::crypto {

// `owner` is what `name` is a part of.
Name name_of(std::shared_ptr<const void> owner, const X509_NAME* name);
Result<UtcTime, Error> time_of(const ASN1_TIME* time);
Result<Bytes, Error> serial_of(const ASN1_INTEGER* serial);
// The first critical extension besides basic constraints and key usage.
std::optional<std::string> unknown_critical_extension(const STACK_OF(X509_EXTENSION) * extensions);

}  // namespace redoubt::crypto
