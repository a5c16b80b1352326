// SPDX-License-Identifier: Apache-2.0
//
// What handlers work with: references to the parts of CAS that main made.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cas/api/metrics.h"
#include "cas/sessions/attestation_service.h"
#include "cas/sessions/session_service.h"

namespace redoubt::cas {

// A root that evidence is accepted under, for GET /v1/identity.
struct RootInfo {
  std::string sha256;  // of its certificate, DER; hex
  std::string subject;
  bool simulated = false;
};

struct Services {
  SessionService& sessions;
  AttestationService& attestations;
  Metrics& metrics;

  std::string version;
  std::string key_hash;         // of CAS's TLS key, hex
  std::string certificate_pem;  // of CAS
  std::string audit_key_pem;
  std::vector<RootInfo> roots;

  std::function<bool()> store_usable;
  std::function<bool()> audit_usable;
  std::function<void()> recover;  // tries whether they work again
  std::function<uint64_t()> audit_sequence;
  std::function<uint64_t()> commit_count;
};

}  // namespace redoubt::cas
