// SPDX-License-Identifier: Apache-2.0
//
// Certificates and private keys as the policy gives them, PEM (RFC 7468), made OpenSSL's. Everything secret that is made on the
// way is OpenSSL's memory, which in the runtime is sealed, and wiped. Keys: PKCS #8 (RFC 5958) "PRIVATE KEY", SEC 1 (RFC 5915)
// "EC PRIVATE KEY", PKCS #1 "RSA PRIVATE KEY"; no pass phrases. Messages never quote a key.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "crypto/openssl_pointers.h"

namespace redoubt::tls {

using CertificateList = std::vector<crypto::X509Pointer>;

// At least one.
Result<CertificateList, Error> certificates_from_pem(std::string_view text);
Result<crypto::KeyPointer, Error> private_key_from_pem(std::string_view text);

// Clears OpenSSL's queue of errors, which is the thread's: what stays there would be taken for the next call's.
std::unexpected<Error> openssl_failed(ErrorCode code, std::string message);

}  // namespace redoubt::tls
