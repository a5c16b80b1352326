// SPDX-License-Identifier: Apache-2.0
//
// Which peers are let in. A peer's chain (RFC 5280, 6) must end in one of the policy's authority certificates:
//
//   authorities   CA certificates, roots or intermediates: each is a trust anchor by itself. Nothing else is trusted
//   time          of every certificate in the chain, the authority's included, by the context's clock
//   use           extended key usage serverAuth or clientAuth where the extension is there; a CA is no end entity
//   name          of servers: a DNS name or an IP address among the subject alternative names (RFC 9525). A wildcard is a whole
//                 leftmost label. The common name is never looked at
//   strength      112 bits: RSA of 2048 bits and more, no SHA-1
//
// No revocation lists, no OCSP: an identity is short-lived or its authority is replaced in the policy.
#pragma once

#include <openssl/ssl.h>

#include <string>

#include "tls/credentials.h"
#include "tls/endpoint.h"

namespace redoubt::tls {

// Makes `context` trust exactly these.
Result<void, Error> trust(SSL_CTX* context, std::string_view authorities);

// For one connection: what was found wrong. Lies in the SSL's application data.
struct Verdict {
  Failure failure;
  std::string expected_name;  // of the server; empty: the peer is a client
  int64_t now = 0;
};
int check_certificate(int is_good, X509_STORE_CTX* context);

// Sets the name that a server's certificate must be for, and the SNI. kMalformed: neither a DNS name nor an IP address.
Result<void, Error> expect_name(SSL* connection, std::string_view name);
// After expect_name of a DNS name: this one will do as well.
Result<void, Error> expect_also(SSL* connection, std::string_view name);

// The subject, in one line of printable characters, at most some 200 of them.
std::string subject_of(const X509* certificate);

}  // namespace redoubt::tls
