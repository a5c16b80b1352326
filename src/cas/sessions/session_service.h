// SPDX-License-Identifier: Apache-2.0
//
// What people do with sessions: create, update, read, list, and read what is public. Decides by the sessions' access policies,
// keeps predecessors linear, makes the secrets, and records every decision in the audit log. Knows no HTTP and no SQL.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/secret_bytes.h"
#include "base/utc_time.h"
#include "cas/audit/audit_log.h"
#include "cas/sessions/problem.h"
#include "cas/store/store.h"

namespace redoubt::cas {

// Who asks, as TLS proved it: the client holds the private key of this certificate. Empty strings: no certificate was shown.
struct Client {
  std::string key_hash;         // SHA-256 of the SubjectPublicKeyInfo, hex
  std::string certificate_pem;  // as shown; no authority vouches for it
};

// Signatures of a board over a change (access_policy signers): who signed is found by trying. Base64 of a signature over
// policy::kBoardLabel and the session's text as it was sent.
using BoardSignatures = std::vector<std::string>;

struct VolumeReport;  // volume_owner.h
enum class Contents : uint8_t;

struct SessionReply {
  std::string name;
  std::string hash;  // 64 hexadecimal digits
  bool created = false;
  std::string warnings;  // policy::as_json of the mistakes that are only warnings
};

struct SessionText {
  std::string yaml;  // as it was sent; explicit values of secrets included, generated ones not
  std::string hash;
};

class SessionService {
 public:
  SessionService(Store& store, AuditLog& audit, std::function<UtcTime()> clock);
  ~SessionService();

  // PUT /v1/sessions/{name}: creates, or updates what `predecessor` names. `name` must be the session's own.
  Answer<SessionReply> put(const Client& client, const std::string& name, const std::string& yaml,
                           const BoardSignatures& signatures);
  // GET /v1/sessions/{name}
  Answer<SessionText> read(const Client& client, const std::string& name);
  // GET /v1/sessions/{name}?hash: also without permission when the session has a salt.
  Answer<std::string> hash(const Client& client, const std::string& name);
  // GET /v1/sessions?prefix=P&after=N: names that the client may list, at most 1000. kTooLarge: too many to look through.
  Answer<std::vector<std::string>> list(const Client& client, const std::string& prefix, const std::string& after);
  // GET /v1/values/session=S,secret=N[,form=F]: only of secrets with export_public. The bytes of its public form.
  Answer<SecretBytes> public_value(const std::string& session, const std::string& secret, const std::string& form);
  // GET /v1/volumes?session=S: whoever may read the session.
  Answer<std::vector<VolumeReport>> volumes(const Client& client, const std::string& name);
  // POST /v1/volumes/forget?session=S&volume=V&contents=C: whoever may update the session. The id that was forgotten; empty: nobody
  // had used the volume.
  Answer<std::string> forget_volume(const Client& client, const std::string& name, const std::string& volume,
                                    Contents contents, const BoardSignatures& signatures);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace redoubt::cas
