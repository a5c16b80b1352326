// SPDX-License-Identifier: Apache-2.0
//
// TLS as CAS speaks it: version 1.3 only, no tickets, no resumption, no early data (so every connection is one handshake, and
// an exporter value names it), no renegotiation (1.3 has none). Clients may show a certificate and prove that they hold its
// key; nobody vouches for it, so who issued it and whether it has expired mean nothing: the key is the identity.
#pragma once

#include <openssl/types.h>

#include <boost/asio/ssl/context.hpp>

#include "base/bytes.h"
#include "base/error.h"
#include "cas/api/server_identity.h"
#include "cas/sessions/attestation_service.h"
#include "cas/sessions/session_service.h"

namespace redoubt::cas {

Result<boost::asio::ssl::context, Error> make_tls_context(const ServerIdentity& identity);

// After the handshake. An error: the certificate cannot be encoded.
Result<Client, Error> client_of(SSL* connection);

// Keying material for the channel bindings.
Result<Exporters, Error> exporters_of(SSL* connection);

}  // namespace redoubt::cas
