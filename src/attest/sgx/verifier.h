// SPDX-License-Identifier: Apache-2.0
//
// Verification of SGX DCAP quotes version 3 (tee-formats section 6). verifier.cc reads as that section: the checks in
// Intel's order, each one function.
#pragma once

#include <string>
#include <vector>

#include "attest/collateral_file.h"
#include "attest/evidence_verifier.h"
#include "attest/sgx/certified_keys.h"
#include "attest/sgx/collateral.h"

namespace redoubt::attest::sgx {

class Verifier final : public EvidenceVerifier {
 public:
  // Verifies the collateral's signatures. Never fails: collateral that is not genuine makes every quote not genuine.
  Verifier(const CollateralFile& collateral, std::vector<TrustAnchor> anchors);
  Verifier(const Verifier&) = delete;  // the collateral points into the anchors
  Verifier& operator=(const Verifier&) = delete;

  bool recognises(ByteView evidence) const override;
  Appraisal verify(ByteView evidence, UtcTime at) const override;

  // Why no quote can be genuine here; nullptr when the collateral is.
  const Finding* collateral_problem() const { return collateral_ ? nullptr : &collateral_.error(); }

 private:
  std::vector<TrustAnchor> anchors_;
  Checked<Collateral> collateral_;
  std::string root_sha256_;
  mutable CertifiedKeys known_;
};

}  // namespace redoubt::attest::sgx
