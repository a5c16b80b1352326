// SPDX-License-Identifier: Apache-2.0
//
// An AuditLog of tests: keeps the events, and fails on demand. Only tests include this.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "cas/audit/audit_log.h"

namespace redoubt::cas {

class MemoryAudit final : public AuditLog {
 public:
  Result<void, Error> record(const AuditEvent& event) override {
    const std::scoped_lock lock(mutex_);
    if (broken) return fail(ErrorCode::kFailed, "the test's audit log is broken");
    events.push_back(event);
    return {};
  }

  // "attest.refused/refused"
  std::string last() const { return events.empty() ? "" : events.back().event + "/" + events.back().outcome; }
  // A detail of the last event; empty: it has none of that name.
  std::string detail(const std::string& name) const {
    if (events.empty()) return "";
    for (const auto& [key, value] : events.back().details) {
      if (key == name) return value;
    }
    return "";
  }
  // Everything that was recorded, as one text.
  std::string all() const {
    std::string text;
    for (const AuditEvent& event : events) {
      text += event.event + " " + event.outcome + " " + event.session + " " + event.subject;
      for (const auto& [key, value] : event.details) text.append(" ").append(key).append("=").append(value);
      text += "\n";
    }
    return text;
  }

  bool broken = false;
  std::vector<AuditEvent> events;

 private:
  std::mutex mutex_;
};

}  // namespace redoubt::cas
