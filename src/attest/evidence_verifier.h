// SPDX-License-Identifier: Apache-2.0
//
// The seam between a relying party (CAS, the command line) and a format of evidence. A new format is a folder beside
// sgx/ with one class of this interface, an alternative in Claims, and a line where verifiers are made.
#pragma once

#include "attest/appraisal.h"
#include "base/bytes.h"
#include "base/utc_time.h"
#include "crypto/x509.h"

namespace redoubt::attest {

// A root that the relying party trusts. None is built in: who accepts evidence says under which root.
struct TrustAnchor {
  crypto::Certificate certificate;
  bool simulated = false;  // evidence under it is marked with ConcernKind::kSimulation
};

class EvidenceVerifier {
 public:
  virtual ~EvidenceVerifier() = default;

  // Whether the bytes claim to be this format; says nothing about their being good.
  virtual bool recognises(ByteView evidence) const = 0;

  // Everything that can be said about the evidence at this time. Thread-safe; no clock, no network.
  virtual Appraisal verify(ByteView evidence, UtcTime at) const = 0;
};

}  // namespace redoubt::attest
