// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/one_time_password.h"

#include "cas/sessions/refuse.h"
#include "cas/sessions/secret_encode.h"
#include "cas/sessions/secret_source.h"
#include "cas/sessions/stored_session.h"
#include "cas/sessions/totp.h"

namespace redoubt::cas {

// The record kPassword.
struct PasswordRecord {
  uint16_t version = kRecordVersion;
  uint64_t last_step = 0;     // of the last password that was used
  uint64_t window_begin = 0;  // the step of the first of the wrong ones
  uint32_t wrong_count = 0;
};

template <typename Archive>
bool fields(Archive& a, wire::Of<Archive, PasswordRecord>& m) {
  return a.number(m.version) && a.number(m.last_step) && a.number(m.window_begin) && a.number(m.wrong_count);
}

namespace {

constexpr int kAttempts = 8;

const std::string& text_for(const policy::Session& session, const policy::Service& service) {
  return service.one_time_password_shared_secret.empty() ? session.security.one_time_password_shared_secret
                                                         : service.one_time_password_shared_secret;
}

std::unexpected<Problem> wrong(std::string actual, std::string remedy) {
  return refuse(Refusal::kForbidden, "one-time-password", "the one-time password of this moment, not used before",
                std::move(actual), std::move(remedy));
}

// What a password does to the record: the new record, and why it is refused (empty: it is not).
struct Verdict {
  PasswordRecord record;
  std::string actual;
  std::string remedy;
  bool changed = true;
};

Verdict judge(PasswordRecord record, ByteView secret, std::string_view password, UtcTime now) {
  const uint64_t step = totp_step_of(now);
  if (step >= record.window_begin + kWrongPasswordSteps || step < record.window_begin) {
    record.window_begin = step;
    record.wrong_count = 0;
  }
  if (record.wrong_count >= kMostWrongPasswords) {
    return {record, "too many wrong ones", "wait ten minutes; find out who is guessing", false};
  }
  if (const auto used = totp_match(secret, password, now, record.last_step)) {
    record.last_step = *used;
    record.wrong_count = 0;
    return {record, "", ""};
  }
  ++record.wrong_count;
  return {record, "a wrong or used one", "wait for the next password of the app; check the clocks"};
}

}  // namespace

Answer<SecretBytes> one_time_password_secret(const policy::Session& session, const policy::Service& service,
                                             const Materials& materials, UtcTime now) {
  const std::string& text = text_for(session, service);
  if (text.empty()) return SecretBytes();
  const auto invalid = [&](std::string actual) {
    return refuse(Refusal::kInvalid, "session.one-time-password",
                  "a shared secret of at least 16 bytes: a binary secret, or text in base32", std::move(actual),
                  "write one_time_password_shared_secret: $$SCONE::otp$$ with {name: otp, kind: binary, size: 20}");
  };
  std::optional<SecretBytes> secret = bytes_of_binary(session, materials, text);
  if (!secret) {
    const auto filled = fill_setting(session, materials, now, text);
    if (!filled) return invalid(filled.error());
    secret = totp_secret_from_base32(filled->text());
  }
  if (!secret) return invalid("text that is no base32");
  if (secret->size() < kTotpLeastSecret) return invalid(std::to_string(secret->size()) + " bytes");
  return *std::move(secret);
}

Answer<void> check_one_time_password(Store& store, const policy::Session& session, const policy::Service& service,
                                     const Materials& materials, std::string_view password, UtcTime now) {
  const SecretBytes secret = TRY(one_time_password_secret(session, service, materials, now));
  if (secret.empty()) return {};
  if (password.empty()) return wrong("none", "start with REDOUBT_CONFIG_ID=session/service@PASSWORD");
  // "session/" is nobody's service: one record for the secret that services share.
  const bool own = !service.one_time_password_shared_secret.empty();
  const std::string name = session.name + "/" + (own ? service.name : "");
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto stored = store.get(RecordKind::kPassword, name);
    if (!stored) return unavailable("read one-time password of " + name, stored.error());
    PasswordRecord record;
    const std::optional<Record>& earlier = *stored;
    if (earlier && !decode_record(earlier->bytes.view(), record)) {
      return unavailable("read one-time password of " + name, "unknown record");
    }
    const Verdict verdict = judge(record, secret.view(), password, now);
    if (!verdict.changed) return wrong(verdict.actual, verdict.remedy);
    std::vector<Change> changes;
    changes.push_back({RecordKind::kPassword, name, earlier ? earlier->version : 0, encode_secret(verdict.record)});
    const auto outcome = store.commit(std::move(changes));
    if (!outcome) return unavailable("write one-time password of " + name, outcome.error());
    if (*outcome == CommitOutcome::kConflict) continue;  // another attempt came first; it counts first
    if (!verdict.actual.empty()) return wrong(verdict.actual, verdict.remedy);
    return {};
  }
  return wrong("too many attempts at once", "try again");
}

}  // namespace redoubt::cas
