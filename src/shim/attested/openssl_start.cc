// SPDX-License-Identifier: Apache-2.0
#define OPENSSL_SUPPRESS_DEPRECATED  // RAND_set_rand_method: the one way to have no generator with a state of its own
#include "shim/attested/openssl_start.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "shim/attested/crypto_provider.h"
#include "shim/attested/failure.h"
#include "shim/attested/pool.h"
#include "shim/gate/gate.h"

extern "C" void __real_OPENSSL_cpuid_setup();

namespace redoubt::shim::attested {
namespace {

enum class Phase : uint8_t { kNone, kStarting, kStart, kProgram, kStopped };
constinit std::atomic<Phase> phase = Phase::kNone;
constinit bool has_processor_features = false;

// `file` is where in OpenSSL's source the request comes from. Only what is known to hold no key goes to the ordinary heap.
bool may_be_ordinary(const char* file) {
  const Phase now = phase.load(std::memory_order_relaxed);
  if (now == Phase::kStarting) return true;
  return now == Phase::kProgram && file != nullptr && std::string_view(file).ends_with("/record/ssl3_buffer.c");
}

void* allocate(size_t size, const char* file, int) {
  if (may_be_ordinary(file)) return malloc(size);
  void* block = pool::allocate(size);
  if (block == nullptr && phase.load(std::memory_order_relaxed) == Phase::kProgram) report_no_sealed_memory();
  return block;
}

void release(void* block, const char*, int) {
  if (block == nullptr) return;
  if (pool::owns(block)) return pool::release(block);
  explicit_bzero(block, malloc_usable_size(block));
  free(block);
}

// A block stays in the kind of memory in which it is.
void* resize(void* block, size_t size, const char* file, int line) {
  if (block == nullptr) return allocate(size, file, line);
  return pool::owns(block) ? pool::resize(block, size) : realloc(block, size);
}

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
  if (!has_processor_features) __real_OPENSSL_cpuid_setup();
  has_processor_features = true;
}

bool uses_processor_features() { return has_processor_features; }

bool start_openssl() {
  phase = Phase::kStarting;
  use_processor_features();
  constexpr uint64_t kNothingFromOutside = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT |
                                           OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
                                           OPENSSL_INIT_NO_ADD_ALL_DIGESTS;
  if (CRYPTO_set_mem_functions(allocate, resize, release) != 1 ||
      OPENSSL_init_crypto(kNothingFromOutside, nullptr) != 1 || !load_crypto_provider() ||
      RAND_set_rand_method(&kHostRandom) != 1 ||
      OPENSSL_init_ssl(kNothingFromOutside | OPENSSL_INIT_NO_LOAD_SSL_STRINGS, nullptr) != 1) {
    return false;
  }
  // Fetches the algorithms of TLS, which stay fetched.
  SSL_CTX_free(SSL_CTX_new(TLS_method()));
  ERR_clear_error();
  phase = Phase::kStart;
  void* trial = pool::allocate(1);
  pool::release(trial);
  return trial != nullptr;
}

void report_no_sealed_memory() {
  static constinit std::atomic<bool> done = false;
  if (done.exchange(true)) return;
  report_in_one_line(
      "keys of connections and children",
      {.check = "memory.sealed",
       .expected = "memory that the kernel cannot read (some 20 KiB a TLS connection, and twice of all during fork)",
       .found = "the limit on locked memory",
       .remedy = "raise it (ulimit -l)"});
}

bool ensure_openssl() {
  static std::mutex starting;
  const auto is_up = [] { return phase == Phase::kStart || phase == Phase::kProgram; };
  if (is_up()) return true;
  const std::lock_guard guard(starting);
  if (phase == Phase::kNone && start_openssl()) keep_openssl();
  return is_up();
}

void stop_openssl() {
  OPENSSL_cleanup();
  phase = Phase::kStopped;
}

void keep_openssl() { phase = Phase::kProgram; }

}  // namespace redoubt::shim::attested
