// SPDX-License-Identifier: Apache-2.0
//
// The ways in which AES-256-GCM can be computed, one row for each set of instructions: functions of intel-ipsec-mb's static
// library, called by name. The library's own front door (init_mb_mgr_*) is not used: it names every algorithm there is, and the
// runtime, which LAS hashes at every start, would contain them all.
//
// The functions need nothing from the C library, keep no state between calls and are safe in any number of threads; vector
// registers are theirs to change.
#pragma once

#include <cstdint>
#include <span>

struct gcm_key_data;      // intel-ipsec-mb.h: round keys and powers of the hash key
struct gcm_context_data;  // what one call works on

namespace redoubt::crypto {

struct AeadPath {
  const char* name;
  void (*expand_key)(const void* key, void* round_keys);
  void (*precompute)(gcm_key_data*);
  using Run = void(const gcm_key_data*, gcm_context_data*, uint8_t* to, const uint8_t* from, uint64_t size,
                   const uint8_t* nonce, const uint8_t* associated, uint64_t associated_size, uint8_t* tag,
                   uint64_t tag_size);
  Run* encrypt;
  Run* decrypt;  // `tag` is computed; comparing it is the caller's
};

// Those that this processor and its kernel can run, best first; empty when it has no AES instructions. Looks once: CPUID costs
// microseconds in a virtual machine.
std::span<const AeadPath> aead_paths();

}  // namespace redoubt::crypto
