// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL reads a configuration file when it is first used, and that file can load providers and engines. The host chooses the
// file (OPENSSL_CONF), so whoever may be the first to use OpenSSL in a program starts it here, without. Costs an atomic load
// afterwards. Private to src/crypto.
#pragma once

#include <openssl/crypto.h>

namespace redoubt::crypto {

inline void start_openssl() { OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr); }

}  // namespace redoubt::crypto
