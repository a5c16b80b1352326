// SPDX-License-Identifier: Apache-2.0
//
// The key of this run: P-256, made before the attestation, bound by it, and kept afterwards to authenticate what follows. It
// lies in one page of sealed memory, outside the pool, which exec hands on and fork shares; nobody writes to it once it is made.
#pragma once

#include <optional>
#include <span>

#include "base/bytes.h"
#include "shim/attested/failure.h"

namespace redoubt::shim::attested {

struct InstanceKey {
  uint8_t private_key[32];  // big-endian
  uint8_t public_key[64];   // x || y, big-endian
};

// In sealed memory of its own. OpenSSL must have been started.
Outcome<InstanceKey*> make_instance_key();

// ECDSA with SHA-256, r || s. OpenSSL must have been started, and the caller holds an OpensslUse. Nothing: no memory.
std::optional<ByteArray<64>> sign(const InstanceKey& key, ByteView message);

// Room for one that exec handed over.
Result<InstanceKey*> allocate_instance_key();

}  // namespace redoubt::shim::attested
