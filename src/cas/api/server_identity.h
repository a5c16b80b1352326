// SPDX-License-Identifier: Apache-2.0
//
// Who CAS is: a P-256 key and a self-signed certificate that never expires, made at the first start and kept sealed in the
// store. Clients pin the key (REDOUBT_CAS_KEY: SHA-256 of the SubjectPublicKeyInfo), or give the certificate to their TLS
// library as the only authority.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "cas/store/store.h"

namespace redoubt::cas {

struct ServerIdentity {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
  ByteArray<32> key_hash;
  std::string certificate_pem;
};

Result<ServerIdentity, Error> load_server_identity(Store& store);

// SHA-256 of a certificate's SubjectPublicKeyInfo, and the certificate in PEM.
Result<ByteArray<32>, Error> key_hash_of(const X509& certificate);
Result<std::string, Error> pem_of(const X509& certificate);

}  // namespace redoubt::cas
