// SPDX-License-Identifier: Apache-2.0
//
// The seam between LAS and what makes evidence on a node. LAS measures a process; a source says so in its format, over the
// caller's report data. The first is the simulated SGX platform (simulated/evidence_source.h). TDX and SNP will be sources of two
// layers: the report of the VM over LAS's key, got once from configfs-tsm, and LAS's signature over claims and report data
// (design, section 6); caller bytes never go into the VM's report.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace redoubt::attest {

// What LAS found out about a process of the platform `process`.
struct ProcessClaims {
  ByteArray<32> executable_sha256;  // of the bytes of its executable file
  bool debug = false;               // the run can be observed, as the process itself says
};

class EvidenceSource {
 public:
  virtual ~EvidenceSource() = default;

  // A few words for people and logs; "simulated" is among them when it is: "simulated SGX (DCAP quote version 3)".
  virtual std::string description() const = 0;

  // Thread-safe.
  virtual Result<Bytes, Error> evidence(const ProcessClaims& claims, const ByteArray<64>& report_data) const = 0;
};

}  // namespace redoubt::attest
