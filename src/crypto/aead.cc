// SPDX-License-Identifier: Apache-2.0
#include "crypto/aead.h"

#include <intel-ipsec-mb.h>
#include <string.h>

#include "crypto/aead_paths.h"
#include "crypto/cipher_scope.h"
#include "crypto/constant_time.h"
#include "crypto/wipe_stack.h"

namespace redoubt::crypto {
namespace {

constexpr size_t kMemory = 1024;
static_assert(sizeof(gcm_key_data) <= kMemory);

const AeadPath& path() { return aead_paths().front(); }

// Some paths touch a pointer of nothing.
uint8_t nothing;
const uint8_t* data_of(ByteView bytes) { return bytes.empty() ? &nothing : bytes.data(); }

}  // namespace

bool has_bulk_aead() { return !aead_paths().empty(); }

size_t BulkAead::memory_size() { return kMemory; }

BulkAead::BulkAead(std::span<uint8_t> memory, std::span<const uint8_t, kAeadKeySize> key) {
  const CipherScope scope;
  auto* schedule = reinterpret_cast<gcm_key_data*>(memory.data());
  path().expand_key(key.data(), schedule->expanded_keys);
  path().precompute(schedule);
  schedule_ = schedule;
  wipe_stack_below();
}

void BulkAead::seal(std::span<const uint8_t, kAeadNonceSize> nonce, ByteView associated, ByteView from, uint8_t* to,
                    std::span<uint8_t, kAeadTagSize> tag) const {
  const CipherScope scope;
  gcm_context_data context;
  path().encrypt(static_cast<const gcm_key_data*>(schedule_), &context, from.empty() ? &nothing : to, data_of(from),
                 from.size(), nonce.data(), data_of(associated), associated.size(), tag.data(), tag.size());
  explicit_bzero(&context, sizeof(context));  // key stream
}

bool BulkAead::open(std::span<const uint8_t, kAeadNonceSize> nonce, ByteView associated, ByteView from, uint8_t* to,
                    std::span<const uint8_t, kAeadTagSize> tag) const {
  const CipherScope scope;
  gcm_context_data context;
  ByteArray<kAeadTagSize> computed{};
  path().decrypt(static_cast<const gcm_key_data*>(schedule_), &context, from.empty() ? &nothing : to, data_of(from),
                 from.size(), nonce.data(), data_of(associated), associated.size(), computed.data(), computed.size());
  const bool is_authentic = equal_in_constant_time(computed, tag);
  // Both are secrets until the answer is yes: the tag would let whoever sees it forge, and the text was not asked for.
  explicit_bzero(&context, sizeof(context));
  explicit_bzero(computed.data(), computed.size());
  if (!is_authentic && !from.empty()) explicit_bzero(to, from.size());
  return is_authentic;
}

}  // namespace redoubt::crypto
