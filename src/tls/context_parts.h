// SPDX-License-Identifier: Apache-2.0
//
// What a Context is made of. Private to src/tls and its tests.
#pragma once

#include <openssl/ssl.h>

#include "crypto/openssl_pointers.h"
#include "tls/endpoint.h"

namespace redoubt::tls {

// AES-GCM encrypts 2^24.5 records of full size under one key with a margin of 2^-57 (RFC 8446, 5.5). OpenSSL does not count.
inline constexpr uint64_t kRecordsPerKey = uint64_t{1} << 23;

struct Context::Parts {
  crypto::OpensslPointer<SSL_CTX, SSL_CTX_free> openssl;
  bool is_server = false;
  bool checks_peer = false;  // false: a server whose clients need no certificate
  Clock clock = nullptr;
  uint64_t records_per_key = kRecordsPerKey;
};

}  // namespace redoubt::tls
