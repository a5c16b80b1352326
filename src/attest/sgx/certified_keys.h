// SPDX-License-Identifier: Apache-2.0
//
// What a verifier remembers of attestation keys. A node signs all its quotes with one key, and everything that vouches for
// the key (PCK chain, QE report and its signature) is the same bytes in each of them. What was found about those bytes under
// one collateral stays true, so it is found once: a further quote costs one signature. Times are not part of it: the
// windows are kept and judged with every quote. Only what was genuine is remembered, and only for exactly the same bytes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "attest/sgx/collateral.h"
#include "attest/sgx/pck_extension.h"
#include "base/bytes.h"
#include "crypto/ecdsa.h"

namespace redoubt::attest::sgx {

struct CertifiedKey {
  crypto::P256PublicKey attestation_key;
  PckExtension platform;
  const QeLevel* quoting_enclave;  // of the collateral
  std::vector<Window> windows;     // of everything that the verdict rests on, the collateral included
};

// Thread-safe, bounded: the least recently used is forgotten first.
class CertifiedKeys {
 public:
  static constexpr size_t kCapacity = 256;

  // nullptr when these bytes were not seen.
  std::shared_ptr<const CertifiedKey> find(const ByteArray<64>& attestation_key, ByteView certification);
  void remember(ByteView certification, std::shared_ptr<const CertifiedKey> key);

 private:
  struct Entry {
    Bytes certification;
    std::shared_ptr<const CertifiedKey> key;
    uint64_t last_use;
  };

  std::mutex mutex_;
  std::map<ByteArray<64>, Entry> entries_;  // by attestation key; guarded by mutex_
  uint64_t uses_ = 0;                       // guarded by mutex_
};

}  // namespace redoubt::attest::sgx
