// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL in the runtime: brought up for an attested start only, taken down before the program runs. It reads no
// configuration, loads nothing, registers nothing for the end of the process, takes its memory from the pool of sealed memory and its random
// numbers from the host (attested/crypto_provider.h has its algorithms).
#pragma once

namespace redoubt::shim::attested {

// Once a process, before anything else of OpenSSL. False: no sealed memory is left.
bool start_openssl();

// Frees its state, which ends the use of OpenSSL in this process. The pool may end after it.
void stop_openssl();

// Lets OpenSSL's block functions (SHA256_Update) use what the processor has. A part of start_openssl().
void use_processor_features();

}  // namespace redoubt::shim::attested
