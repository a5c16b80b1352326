// SPDX-License-Identifier: Apache-2.0
//
// The first code of the process, before the C library starts. The environment belongs to whoever started us and must
// not reach the runtime's own libraries (GLIBC_TUNABLES, MALLOC_*, OPENSSL_CONF ...): glibc is started on a copy of the
// initial stack with the same arguments and auxiliary vector and an empty environment. The original stays where it is,
// for main() to hand to the program.
//
// Runs before relocation: no function pointers, no calls into libc, no stack protector.
#include "shim/entry/start.h"

#include <cstddef>
#include <cstdint>

namespace redoubt::shim {

char** initial_environment = nullptr;

namespace {
// Room for the frame of this function and of its assembly caller.
constexpr uint64_t kGap = 16384;
}  // namespace
}  // namespace redoubt::shim

// Returns the stack pointer to start the C library with. System V ABI, x86-64 supplement, 3.4.1: argc, argv, NULL,
// environment, NULL, auxiliary vector ending with AT_NULL.
extern "C" __attribute__((visibility("hidden"))) uint64_t* redoubt_hide_environment(uint64_t* original) {
  const uint64_t argc = original[0];
  uint64_t* environment = original + 1 + argc + 1;
  uint64_t* auxv = environment;
  while (*auxv++ != 0) {
  }
  size_t auxv_words = 2;
  while (auxv[auxv_words - 2] != 0) auxv_words += 2;

  const size_t words = 1 + argc + 1 + 1 + auxv_words;
  const uint64_t top = reinterpret_cast<uint64_t>(original) - redoubt::shim::kGap - words * sizeof(uint64_t);
  auto* copy = reinterpret_cast<uint64_t*>(top & ~uint64_t{15});
  volatile uint64_t* out = copy;
  for (size_t i = 0; i < argc + 2; ++i) *out++ = original[i];
  *out++ = 0;
  for (size_t i = 0; i < auxv_words; ++i) *out++ = auxv[i];
  redoubt::shim::initial_environment = reinterpret_cast<char**>(environment);
  return copy;
}
