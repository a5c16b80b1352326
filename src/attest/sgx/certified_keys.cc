// SPDX-License-Identifier: Apache-2.0
#include "attest/sgx/certified_keys.h"

#include <algorithm>

namespace redoubt::attest::sgx {

std::shared_ptr<const CertifiedKey> CertifiedKeys::find(const ByteArray<64>& attestation_key, ByteView certification) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(attestation_key);
  if (found == entries_.end() || !std::ranges::equal(found->second.certification, certification)) return nullptr;
  found->second.last_use = ++uses_;
  return found->second.key;
}

void CertifiedKeys::remember(ByteView certification, std::shared_ptr<const CertifiedKey> key) {
  const std::scoped_lock lock(mutex_);
  const ByteArray<64> attestation_key = key->attestation_key.coordinates();
  if (entries_.size() >= kCapacity && !entries_.contains(attestation_key)) {
    const auto by_use = [](const auto& one, const auto& other) { return one.second.last_use < other.second.last_use; };
    entries_.erase(std::ranges::min_element(entries_, by_use));
  }
  entries_[attestation_key] = {Bytes(certification.begin(), certification.end()), std::move(key), ++uses_};
}

}  // namespace redoubt::attest::sgx
