// SPDX-License-Identifier: Apache-2.0
//
// How OpenSSL reads and writes the two buffers of a connection: a BIO of our own kind, one a connection for both directions. It
// copies each byte once, allocates nothing and never blocks: an empty input is "try again", whether the network has ended is the
// endpoint's business. Writing succeeds while there is memory; the endpoint keeps the output bounded.
#pragma once

#include <openssl/types.h>

#include "tls/buffer.h"

namespace redoubt::tls {

// The two outlive the BIO. Null: no memory.
struct Wires {
  Buffer input{Buffer::Holds::kCiphertext};
  Buffer output{Buffer::Holds::kCiphertext};
};
BIO* new_buffer_bio(Wires& wires);

}  // namespace redoubt::tls
