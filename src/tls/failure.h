// SPDX-License-Identifier: Apache-2.0
//
// What went wrong with a peer, in words: from what OpenSSL left in the thread's queue of errors, and from the first bytes of a
// peer that does not speak TLS. OpenSSL's own texts are not in the runtime.
#pragma once

#include "base/bytes.h"
#include "tls/endpoint.h"

namespace redoubt::tls {

// Takes the thread's queue of OpenSSL errors, and leaves it empty.
Failure failure_from_openssl();

// Of the first bytes of a connection: whether a TLS record can begin so. A server answers a ClientHello with an alert too.
bool begins_as_tls(uint8_t first_byte, bool from_server);
// What speaks there, for people: "an HTTP request".
Failure plain_text(ByteView first_bytes);

}  // namespace redoubt::tls
