// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/session_service.h"

#include <algorithm>

#include "cas/sessions/access.h"
#include "cas/sessions/fragments.h"
#include "cas/sessions/public_value.h"
#include "cas/sessions/refuse.h"
#include "cas/sessions/session_loader.h"
#include "cas/sessions/session_put.h"
#include "cas/sessions/stored_session.h"
#include "cas/sessions/volume_owner.h"
#include "policy/syntax.h"

namespace redoubt::cas {
namespace {

constexpr size_t kMostListed = 1000;
constexpr size_t kMostLookedAt = 2000;
constexpr size_t kPage = 200;

std::unexpected<Problem> unknown(const std::string& name) {
  return refuse(Refusal::kNotFound, "session.name", "the name of a session", printable(name),
                "redoubt session list shows what you may see");
}

std::unexpected<Problem> may_not(const Client& client, const char* permission, const std::string& name) {
  const bool anonymous = client.key_hash.empty();
  return refuse(anonymous ? Refusal::kUnauthorised : Refusal::kForbidden, "session.access-policy",
                std::string("somebody whom ") + permission + " of session \"" + name + "\" allows",
                anonymous ? "no client certificate" : "the client with key " + client.key_hash,
                anonymous ? "show a client certificate" : "ask whoever owns the session to name this key");
}

}  // namespace

struct SessionService::Parts {
  Store& store;
  AuditLog& audit;
  std::function<UtcTime()> clock;
  SessionLoader loader{store};

  // `list`: which part of the access policy decides.
  Answer<bool> allowed(std::vector<policy::Principal> policy::AccessPolicy::*list,
                       const std::shared_ptr<const StoredSession>& stored, const Client& client) {
    const auto session = TRY(with_fragments_if_there(loader, stored));
    const std::vector<policy::Principal>& principals = session->session.access_policy.*list;
    Snapshot snapshot;
    if (needs_materials(principals)) snapshot = TRY(loader.snapshot(session->session.name));
    const AccessContext context{session->session, session->creator,
                                snapshot.materials ? &snapshot.materials->materials : nullptr};
    return allows(principals, context, client, {});
  }

  // Whether the client may change the session, by itself or with a board's signatures over `text`.
  Answer<bool> may_update(const std::shared_ptr<const StoredSession>& stored, const Client& client,
                          const std::string& text, const BoardSignatures& signatures) {
    const auto session = TRY(with_fragments_if_there(loader, stored));
    const std::vector<policy::Principal>& principals = session->session.access_policy.update;
    Snapshot snapshot;
    if (needs_materials(principals)) snapshot = TRY(loader.snapshot(session->session.name));
    const std::set<KeyHash> signers = TRY(signers_of(principals, text, signatures));
    const AccessContext context{session->session, session->creator,
                                snapshot.materials ? &snapshot.materials->materials : nullptr};
    return allows(principals, context, client, signers);
  }

  // The session, if the client may read it; records the decision.
  Answer<std::shared_ptr<const StoredSession>> readable(const Client& client, const std::string& name,
                                                        const char* what) {
    if (!policy::is_session_name(name)) return unknown(name);
    auto session = TRY(loader.session(name));
    if (!session) {
      TRY_VOID(record(client, name, "refused", {{"what", what}, {"check", "session.name"}}));
      return unknown(name);
    }
    const bool permitted = TRY(allowed(&policy::AccessPolicy::read, session, client));
    TRY_VOID(record(client, name, permitted ? "allowed" : "refused", {{"what", what}, {"hash", session->hash}}));
    if (!permitted) return may_not(client, "read", name);
    return session;
  }

  Answer<void> record(const Client& client, const std::string& name, const char* outcome,
                      std::vector<std::pair<std::string, std::string>> details) {
    const auto recorded = audit.record({"session.read", outcome, name, client.key_hash, std::move(details)});
    if (!recorded) return unavailable("audit log", recorded.error());
    return {};
  }
};

SessionService::SessionService(Store& store, AuditLog& audit, std::function<UtcTime()> clock)
    : parts_(std::make_unique<Parts>(store, audit, std::move(clock))) {}
SessionService::~SessionService() = default;

Answer<SessionReply> SessionService::put(const Client& client, const std::string& name, const std::string& yaml,
                                         const BoardSignatures& signatures) {
  return put_session(parts_->store, parts_->audit, parts_->loader,
                     {.client = client, .name = name, .yaml = yaml, .signatures = signatures, .now = parts_->clock()});
}

Answer<SessionText> SessionService::read(const Client& client, const std::string& name) {
  const auto session = TRY(parts_->readable(client, name, "text"));
  const auto found = parts_->store.get(RecordKind::kSession, name);
  if (!found) return unavailable("read session " + name, found.error());
  const std::optional<Record>& record = *found;
  SessionRecord fields;
  // Another version than was decided on may have another access policy.
  if (!record || record->version != session->record_version) {
    return refuse(Refusal::kConflict, "session.conflict", "the session to stay the same while it is read",
                  "a new version", "try again");
  }
  if (!decode_record(record->bytes.view(), fields)) return unavailable("read session " + name, "unknown record");
  return SessionText{std::string(fields.yaml), std::string(fields.hash)};
}

Answer<std::string> SessionService::hash(const Client& client, const std::string& name) {
  if (!policy::is_session_name(name)) return unknown(name);
  const auto session = TRY(parts_->loader.session(name));
  if (session && !session->session.salt.empty()) return session->hash;
  const auto readable = TRY(parts_->readable(client, name, "hash"));
  return readable->hash;
}

Answer<std::vector<std::string>> SessionService::list(const Client& client, const std::string& prefix,
                                                      const std::string& after) {
  std::vector<std::string> listed;
  std::string last = after;
  size_t looked_at = 0;
  for (bool more = true; more && listed.size() < kMostListed;) {
    const auto names = parts_->store.names(RecordKind::kSession, prefix, last, kPage);
    if (!names) return unavailable("list sessions", names.error());
    more = names->size() == kPage;
    for (const std::string& name : *names) {
      last = name;
      if (++looked_at > kMostLookedAt) {
        return refuse(Refusal::kTooLarge, "list.prefix", "a prefix with fewer sessions that you may not list",
                      "too many to look through", "list with a longer prefix");
      }
      const auto session = TRY(parts_->loader.session(name, /*keep=*/false));
      if (!session) continue;
      const bool permitted = TRY(parts_->allowed(&policy::AccessPolicy::list_sessions, session, client));
      if (permitted) listed.push_back(name);
      if (listed.size() == kMostListed) break;
    }
  }
  TRY_VOID(parts_->record(client, "", "allowed",
                          {{"what", "list"}, {"prefix", printable(prefix)}, {"count", std::to_string(listed.size())}}));
  return listed;
}

Answer<SecretBytes> SessionService::public_value(const std::string& session, const std::string& secret,
                                                 const std::string& form) {
  return find_public_value(parts_->loader, session, secret, form, parts_->clock());
}

Answer<std::vector<VolumeReport>> SessionService::volumes(const Client& client, const std::string& name) {
  const auto session = TRY(parts_->readable(client, name, "volumes"));
  return report_volumes(parts_->store, parts_->loader, *session);
}

Answer<std::string> SessionService::forget_volume(const Client& client, const std::string& name,
                                                  const std::string& volume, Contents contents,
                                                  const BoardSignatures& signatures) {
  if (!policy::is_session_name(name)) return unknown(name);
  const auto session = TRY(parts_->loader.session(name));
  if (!session) return unknown(name);
  const auto id = id_to_forget(parts_->store, *session, volume);
  // Who may not update learns nothing of what there is.
  const std::string text = forget_text(name, volume, id.value_or(""), contents);
  const bool permitted = TRY(parts_->may_update(session, client, text, signatures));
  if (!permitted) {
    const auto recorded = parts_->audit.record({"volume.forgotten",
                                                "refused",
                                                name,
                                                client.key_hash,
                                                {{"volume", printable(volume)}, {"check", "session.access-policy"}}});
    if (!recorded) return unavailable("audit log", recorded.error());
    return may_not(client, "update", name);
  }
  if (!id || id->empty()) return id;
  TRY_VOID(
      cas::forget_volume(parts_->store, parts_->audit, client.key_hash, name, volume, *id, contents, parts_->clock()));
  return id;
}

}  // namespace redoubt::cas
