// SPDX-License-Identifier: Apache-2.0
#define OPENSSL_SUPPRESS_DEPRECATED  // RAND_set_rand_method: the one way to have no generator with a state of its own
#include "shim/attested/openssl_start.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <sys/syscall.h>

#include "shim/attested/crypto_provider.h"
#include "shim/attested/pool.h"
#include "shim/gate/gate.h"

extern "C" void __real_OPENSSL_cpuid_setup();

namespace redoubt::shim::attested {
namespace {

void* allocate(size_t size, const char*, int) { return pool::allocate(size); }
void* resize(void* block, size_t size, const char*, int) { return pool::resize(block, size); }
void release(void* block, const char*, int) { pool::release(block); }

int host_random(unsigned char* into, int size) {
  for (int done = 0; done < size;) {
    const int64_t got = gate::call(SYS_getrandom, gate::address_of(into + done), static_cast<uint64_t>(size - done), 0);
    if (got <= 0 || got > size - done) return 0;
    done += static_cast<int>(got);
  }
  return 1;
}
int is_seeded() { return 1; }

const RAND_METHOD kHostRandom = {.seed = nullptr,
                                 .bytes = host_random,
                                 .cleanup = nullptr,
                                 .add = nullptr,
                                 .pseudorand = host_random,
                                 .status = is_seeded};

}  // namespace

void use_processor_features() {
  static bool done = false;
  if (!done) __real_OPENSSL_cpuid_setup();
  done = true;
}

bool start_openssl() {
  use_processor_features();
  constexpr uint64_t kNothingFromOutside = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT |
                                           OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
                                           OPENSSL_INIT_NO_ADD_ALL_DIGESTS;
  return CRYPTO_set_mem_functions(allocate, resize, release) == 1 &&
         OPENSSL_init_crypto(kNothingFromOutside, nullptr) == 1 && load_crypto_provider() &&
         RAND_set_rand_method(&kHostRandom) == 1 &&
         OPENSSL_init_ssl(kNothingFromOutside | OPENSSL_INIT_NO_LOAD_SSL_STRINGS, nullptr) == 1;
}

void stop_openssl() { OPENSSL_cleanup(); }

}  // namespace redoubt::shim::attested
