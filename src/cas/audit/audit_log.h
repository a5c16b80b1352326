// SPDX-License-Identifier: Apache-2.0
//
// Every decision of CAS, in the order it was made: an append-only file of JSON lines, each with the hash of the one before and
// a signature, so that a change, a gap or a swap shows (`redoubt audit verify`). An event is on disk before the decision takes
// effect. Events never hold a secret.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace redoubt::cas {

struct AuditEvent {
  std::string
      event;  // "session.created", "session.updated", "session.read", "attest.accepted", "attest.refused", "code.refused"
  std::string outcome;  // "allowed" or "refused"
  std::string session;  // empty: none
  std::string subject;  // who: hash of the client's key, or of the instance key
  // Whatever else tells why: check, expected, actual, mrenclave, path, ...
  std::vector<std::pair<std::string, std::string>> details;
};

class AuditLog {
 public:
  virtual ~AuditLog() = default;
  // Durable when it returns. A decision that cannot be recorded must not take effect. Thread-safe.
  virtual Result<void, Error> record(const AuditEvent& event) = 0;
};

}  // namespace redoubt::cas
