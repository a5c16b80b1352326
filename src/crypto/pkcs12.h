// SPDX-License-Identifier: Apache-2.0
//
// PKCS #12 (RFC 7292): a certificate, its chain and its private key in one file, as Java and Windows take them. The password
// is empty: the file protects nothing, whoever holds it holds the key. Still encrypted (AES-256, PBKDF2) and with a MAC
// (SHA-256), since readers expect both.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret_bytes.h"
#include "crypto/private_key.h"

namespace redoubt::crypto {

// `alias` is what the entry is called. Different bytes at every call: salts are random.
Result<SecretBytes, Error> make_pkcs12(const std::string& alias, const PrivateKey& key, ByteView certificate,
                                       const std::vector<Bytes>& chain);

}  // namespace redoubt::crypto
