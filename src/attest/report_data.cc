// SPDX-License-Identifier: Apache-2.0
#include "attest/report_data.h"

#include "crypto/hash.h"

namespace redoubt::attest {

ByteArray<64> report_data_of(const ChannelBinding& binding) {
  static constexpr char kLabel[] = "redoubt report data";  // its final NUL is hashed too
  static constexpr uint8_t kVersion = 1;
  return crypto::sha512({{reinterpret_cast<const uint8_t*>(kLabel), sizeof(kLabel)},
                         {&kVersion, 1},
                         binding.exporter,
                         binding.instance_key,
                         binding.cas_key,
                         binding.nonce});
}

}  // namespace redoubt::attest
