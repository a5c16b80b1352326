// SPDX-License-Identifier: Apache-2.0
//
// The algorithms of the runtime's OpenSSL: one provider, built in, that has what TLS 1.3 with P-256 and AES-GCM needs.
#pragma once

namespace redoubt::shim::attested {

// Before anything of OpenSSL asks for an algorithm. False: no memory.
bool load_crypto_provider();

}  // namespace redoubt::shim::attested
