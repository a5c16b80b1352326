// SPDX-License-Identifier: Apache-2.0
//
// Evidence of a node with the quoting key of a simulated platform (simulated/platform.h).
#pragma once

#include "attest/evidence_source.h"
#include "attest/simulated/platform.h"

namespace redoubt::attest::simulated {

class SimulatedSgx final : public EvidenceSource {
 public:
  explicit SimulatedSgx(QuotingKey key) : key_(std::move(key)) {}

  std::string description() const override { return "simulated SGX (DCAP quote version 3)"; }
  Result<Bytes, Error> evidence(const ProcessClaims& claims, const ByteArray<64>& report_data) const override {
    return make_quote(signed_part_of(claims, report_data), key_.attestation_key, key_.certification);
  }

 private:
  QuotingKey key_;
};

}  // namespace redoubt::attest::simulated
