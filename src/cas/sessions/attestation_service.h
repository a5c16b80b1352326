// SPDX-License-Identifier: Apache-2.0
//
// What a runtime gets, and after what: the steps of wire/attest_protocol.h and wire/instance_protocol.h for one connection. api/ makes
// one Attestation a connection and hands it the bodies; everything that is decided is decided here. After its configuration the
// instance is known on that connection; on another one it introduces itself. Either way it may then send tags of its volumes.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "attest/evidence_verifier.h"
#include "base/bytes.h"
#include "base/secret_bytes.h"
#include "base/utc_time.h"
#include "cas/audit/audit_log.h"
#include "cas/sessions/problem.h"
#include "cas/store/store.h"

namespace redoubt::cas {

class AttestationService {
 public:
  // `verifiers`: one a format and collateral; the first that recognises the evidence and whose collateral is for its platform
  // decides. `cas_key` is the SHA-256 of CAS's SubjectPublicKeyInfo.
  AttestationService(Store& store, AuditLog& audit, std::vector<std::unique_ptr<attest::EvidenceVerifier>> verifiers,
                     const ByteArray<32>& cas_key, std::function<UtcTime()> clock);
  ~AttestationService();

  // How many leases of volumes were given out since CAS started.
  uint64_t volume_leases() const;

  struct Parts;

 private:
  friend class Attestation;
  std::unique_ptr<Parts> parts_;
};

// Keying material of one connection, by what it is for.
struct Exporters {
  ByteArray<32> attestation{};  // attest/report_data.h
  ByteArray<32> instance{};     // wire/instance_protocol.h
};

// The state of one connection. Not thread-safe. A step out of order, and every step after a refusal, is refused.
class Attestation {
 public:
  Attestation(AttestationService& service, const Exporters& exporters);
  ~Attestation();

  // Each takes the body of its request and returns the body of the answer, encoded as wire/attest_protocol.h says.
  Answer<SecretBytes> challenge();                      // POST /v1/attest/challenge
  Answer<SecretBytes> attest(ByteView request);         // POST /v1/attest
  Answer<SecretBytes> configuration(ByteView request);  // POST /v1/attest/configuration
  Answer<SecretBytes> templates(ByteView request);      // POST /v1/attest/templates

  Answer<SecretBytes> instance_challenge();          // POST /v1/instance/challenge
  Answer<SecretBytes> instance(ByteView request);    // POST /v1/instance
  Answer<SecretBytes> volume_tag(ByteView request);  // POST /v1/volumes/tag

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace redoubt::cas
