// SPDX-License-Identifier: Apache-2.0
#include "cas/audit/chain.h"

#include <nlohmann/json.hpp>

#include "crypto/hash.h"
#include "crypto/hex.h"

namespace redoubt::cas {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSignatureMember = ",\"signature\":\"";
constexpr size_t kSignatureHexSize = 128;
constexpr size_t kSignatureTailSize = kSignatureMember.size() + kSignatureHexSize + 2;  // "}

std::string signed_text(std::string_view body) { return std::string(kAuditLabel).append(body); }

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::unexpected<Error> malformed(std::string message) { return fail(ErrorCode::kMalformed, std::move(message)); }

bool take_text(const Json& json, const char* member, std::string& text) {
  const auto found = json.find(member);
  if (found == json.end() || !found->is_string()) return false;
  text = found->get<std::string>();
  return true;
}

bool take_number(const Json& json, const char* member, uint64_t& number) {
  const auto found = json.find(member);
  if (found == json.end() || !found->is_number_unsigned()) return false;
  number = found->get<uint64_t>();
  return true;
}

bool take_details(const Json& json, std::vector<std::pair<std::string, std::string>>& details) {
  const auto found = json.find("details");
  if (found == json.end() || !found->is_object()) return false;
  for (const auto& [name, value] : found->items()) {
    if (!value.is_string()) return false;
    details.emplace_back(name, value.get<std::string>());
  }
  return true;
}

// The line as {body, signature in hex}: ...,"signature":"HEX"}
std::optional<std::pair<std::string_view, std::string_view>> split(std::string_view line) {
  if (line.size() < kSignatureTailSize || !line.ends_with("\"}")) return std::nullopt;
  const std::string_view tail = line.substr(line.size() - kSignatureTailSize);
  if (!tail.starts_with(kSignatureMember)) return std::nullopt;
  return std::pair(line.substr(0, line.size() - kSignatureTailSize),
                   tail.substr(kSignatureMember.size(), kSignatureHexSize));
}

}  // namespace

AuditHead audit_genesis(const AuditPublicKey& key) {
  return {0, crypto::sha256({as_bytes(kAuditGenesis), key.raw()}), 0};
}

Result<AuditLine, Error> make_audit_line(const AuditHead& head, const AuditEvent& event, std::string_view time,
                                         uint64_t commits, const AuditSigningKey& key) {
  Json details = Json::object();
  for (const auto& [name, value] : event.details) details[name] = value;
  const Json json = {
      {"sequence", head.sequence + 1},
      {"time", time},
      {"event", event.event},
      {"outcome", event.outcome},
      {"session", event.session},
      {"subject", event.subject},
      {"details", std::move(details)},
      {"commits", commits},
      {"previous", crypto::to_hex(head.hash)},
  };
  std::string text = dump(json);
  text.pop_back();  // the closing brace
  const AuditSignature signature = TRY(key.sign(as_bytes(signed_text(text))));
  text.append(kSignatureMember).append(crypto::to_hex(signature)).append("\"}");
  const ByteArray<32> hash = crypto::sha256(as_bytes(text));
  return AuditLine{std::move(text), {head.sequence + 1, hash, commits}};
}

Result<AuditRecord, Error> parse_audit_line(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return malformed("it is no JSON object");
  AuditRecord record;
  if (!take_number(json, "sequence", record.sequence) || !take_text(json, "time", record.time) ||
      !take_text(json, "event", record.event.event) || !take_text(json, "outcome", record.event.outcome) ||
      !take_text(json, "session", record.event.session) || !take_text(json, "subject", record.event.subject) ||
      !take_details(json, record.event.details) || !take_number(json, "commits", record.commits) ||
      !take_text(json, "previous", record.previous) || !take_text(json, "signature", record.signature)) {
    return malformed("a member is missing or has another type");
  }
  return record;
}

Result<void, Error> AuditVerifier::next(std::string_view line) {
  const auto parts = split(line);
  if (!parts) return malformed("it does not end with a signature");
  const AuditRecord record = TRY(parse_audit_line(line));
  if (record.sequence != head_.sequence + 1) {
    return fail(ErrorCode::kUnauthentic, "expected sequence number " + std::to_string(head_.sequence + 1) + ", found " +
                                             std::to_string(record.sequence));
  }
  if (record.previous != crypto::to_hex(head_.hash)) {
    return fail(ErrorCode::kUnauthentic, "it does not follow the line before it: expected the hash " +
                                             crypto::to_hex(head_.hash) + ", found " + record.previous.substr(0, 64));
  }
  const auto signature = crypto::from_hex(parts->second);
  if (!signature || !key_.verifies(as_bytes(signed_text(parts->first)), *signature)) {
    return fail(ErrorCode::kUnauthentic, "its signature is not the audit key's");
  }
  head_ = {record.sequence, crypto::sha256(as_bytes(line)), record.commits};
  return {};
}

AuditVerdict verify_audit_log(std::string_view text, const AuditPublicKey& key) {
  AuditVerifier verifier(key);
  AuditVerdict verdict;
  for (uint64_t line = 1; !text.empty(); ++line) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      verdict.bad = {line, "it is not complete", true};
      break;
    }
    if (auto good = verifier.next(text.substr(0, end)); !good) {
      verdict.bad = {line, std::move(good.error().message), false};
      break;
    }
    text.remove_prefix(end + 1);
  }
  verdict.head = verifier.head();
  return verdict;
}

}  // namespace redoubt::cas
