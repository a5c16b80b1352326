// SPDX-License-Identifier: Apache-2.0
//
// The form of the audit log, and its verification. Pure: text in, verdict out; CAS and `redoubt audit` share it.
//
// One JSON object a line, members in this order, no white space:
//
//   {"sequence":2,"time":"2026-01-31T10:00:00Z","event":"session.created","outcome":"allowed","session":"shop/cache",
//    "subject":"<hex>","details":{"hash":"<hex>"},"commits":17,"previous":"<64 hex>","signature":"<128 hex>"}
//
//   sequence   from 1, without gaps                     commits   how many commits the store had made by then
//   previous   SHA-256 of the line before, without its newline; of the first line: of kAuditGenesis ‖ public key
//   signature  Ed25519 over kAuditLabel ‖ the line's bytes before ,"signature"
//
// What the chain alone cannot show is that its end is missing: for that its reader needs to know a later sequence number or
// hash. CAS keeps one sealed in its store (file_audit_log.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "cas/audit/audit_log.h"
#include "cas/audit/signing_key.h"

namespace redoubt::cas {

inline constexpr std::string_view kAuditGenesis = "redoubt audit log 1\n";
inline constexpr std::string_view kAuditLabel = "redoubt audit line 1\n";

// How far a chain goes: what the next line follows.
struct AuditHead {
  uint64_t sequence = 0;
  ByteArray<32> hash{};
  uint64_t commits = 0;
};
AuditHead audit_genesis(const AuditPublicKey& key);

// The line that follows `head`, without a newline, and the head after it. Bytes that are no UTF-8 become U+FFFD.
struct AuditLine {
  std::string text;
  AuditHead head;
};
Result<AuditLine, Error> make_audit_line(const AuditHead& head, const AuditEvent& event, std::string_view time,
                                         uint64_t commits, const AuditSigningKey& key);

// A line as read, for people (`redoubt audit show`). kMalformed unless it has the form above; verifies nothing.
struct AuditRecord {
  uint64_t sequence = 0;
  std::string time;
  AuditEvent event;
  uint64_t commits = 0;
  std::string previous;
  std::string signature;
};
Result<AuditRecord, Error> parse_audit_line(std::string_view line);

// Takes the lines one by one, from the first, or from the one after `head`.
class AuditVerifier {
 public:
  explicit AuditVerifier(const AuditPublicKey& key) : AuditVerifier(key, audit_genesis(key)) {}
  AuditVerifier(const AuditPublicKey& key, const AuditHead& head) : key_(key), head_(head) {}

  // The line without its newline. An error says what is wrong with it; the chain ends there.
  Result<void, Error> next(std::string_view line);
  const AuditHead& head() const { return head_; }

 private:
  AuditPublicKey key_;
  AuditHead head_;
};

// A whole log.
struct AuditVerdict {
  AuditHead head;  // of the last good line
  struct BadLine {
    uint64_t line;  // counts from 1
    std::string why;
    bool torn;  // it is the last and has no newline: CAS was killed while writing, or is writing
  };
  std::optional<BadLine> bad;
};
AuditVerdict verify_audit_log(std::string_view text, const AuditPublicKey& key);

}  // namespace redoubt::cas
