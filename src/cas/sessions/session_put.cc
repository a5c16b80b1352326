// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/session_put.h"

#include <algorithm>

#include "cas/sessions/access.h"
#include "cas/sessions/fragments.h"
#include "cas/sessions/imports.h"
#include "cas/sessions/network_configuration.h"
#include "cas/sessions/one_time_password.h"
#include "cas/sessions/refuse.h"
#include "cas/sessions/secret_encode.h"
#include "cas/sessions/secret_source.h"
#include "cas/sessions/stored_session.h"
#include "cas/sessions/volume_definition.h"
#include "policy/check.h"
#include "policy/references.h"
#include "policy/session_hash.h"
#include "policy/template.h"

namespace redoubt::cas {
namespace {

using policy::Mistake;
using policy::Session;
using policy::Severity;

struct Proposal {
  Session session;
  std::string hash;
  std::string warnings;
};

// A text that has mistakes, perhaps only together with fragments of other sessions. What stands there may be a secret in the wrong
// place: it goes to whoever sent it (`more`), not into the audit log.
std::unexpected<Problem> has_mistakes(const std::vector<Mistake>& mistakes) {
  const auto count = std::ranges::count(mistakes, Severity::kError, &Mistake::severity);
  const auto first = std::ranges::find(mistakes, Severity::kError, &Mistake::severity);
  return refuse(
      Refusal::kInvalid, "session.check", "a session without mistakes",
      std::to_string(count) + " mistakes, the first in line " + std::to_string(first->at.line) + ": " + first->where,
      "redoubt session check FILE finds them offline", policy::as_json(mistakes));
}

void wipe_values(Session& session) {
  for (policy::Secret& secret : session.secrets) {
    if (secret.value) wipe(*secret.value);
  }
}

Answer<Proposal> check_text(const PutRequest& request) {
  policy::CheckedSession checked = policy::check_session(request.yaml, nullptr, Severity::kError);
  std::vector<Mistake>& mistakes = checked.mistakes;
  if (!checked.name.empty() && checked.name != request.name) {
    mistakes.push_back({Severity::kError,
                        {},
                        "name",
                        "the name in the path of the request, " + policy::quoted(request.name),
                        policy::quoted(checked.name),
                        "write the same name in both"});
  }
  if (!checked.session || policy::has_errors(mistakes)) {
    return has_mistakes(mistakes);
  }
  std::string hash = policy::session_hash(*checked.session);
  return Proposal{*std::move(checked.session), std::move(hash), policy::as_json(mistakes)};
}

std::unexpected<Problem> not_allowed(const Client& client, std::string expected) {
  const bool anonymous = client.key_hash.empty();
  return refuse(anonymous ? Refusal::kUnauthorised : Refusal::kForbidden, "session.access-policy", std::move(expected),
                anonymous ? "no client certificate" : "the client with key " + client.key_hash,
                anonymous ? "show a client certificate"
                          : "ask whoever owns the session to name this key, or collect the board's signatures");
}

// `list`: which part of the access policy of a session that is there decides.
Answer<bool> may(SessionLoader& loader, const PutRequest& request, const Snapshot& snapshot,
                 std::vector<policy::Principal> policy::AccessPolicy::*list) {
  const auto session = TRY(with_fragments_if_there(loader, snapshot.session));
  const std::vector<policy::Principal>& principals = session->session.access_policy.*list;
  const std::set<KeyHash> signers = TRY(signers_of(principals, request.yaml, request.signatures));
  const AccessContext context{session->session, session->creator, &snapshot.materials->materials};
  return allows(principals, context, request.client, signers);
}

// The nearest session above `name` that exists; its session is null when there is none.
Answer<Snapshot> nearest_ancestor(SessionLoader& loader, std::string name) {
  for (size_t slash = name.rfind('/'); slash != std::string::npos; slash = name.rfind('/')) {
    name.resize(slash);
    Snapshot found = TRY(loader.snapshot(name));
    if (found.session) return found;
  }
  return Snapshot{};
}

Answer<void> check_creation(SessionLoader& loader, const PutRequest& request, const Session& session) {
  if (request.client.key_hash.empty())
    return not_allowed(request.client, "a client certificate, which becomes the creator");
  const Snapshot parent = TRY(nearest_ancestor(loader, session.name));
  if (parent.session) {
    const std::string& name = parent.session->session.name;
    const bool allowed = TRY(may(loader, request, parent, &policy::AccessPolicy::create_sessions));
    if (!allowed)
      return not_allowed(request.client, "somebody whom create_sessions of session \"" + name + "\" allows");
  }
  if (!session.predecessor.empty()) {
    return refuse(Refusal::kConflict, "session.predecessor",
                  "no predecessor, since there is no session of this name yet", session.predecessor,
                  "remove predecessor: to create the session");
  }
  if (session.namespace_hash.empty()) return {};
  const std::string direct = session.name.substr(0, session.name.rfind('/'));
  const bool exists = parent.session && parent.session->session.name == direct;
  if (exists && parent.session->hash == session.namespace_hash) return {};
  return refuse(Refusal::kConflict, "session.namespace-hash",
                "the session \"" + direct + "\" with hash " + session.namespace_hash,
                exists ? "hash " + parent.session->hash : "no such session",
                "look at what \"" + direct + "\" is today before you trust it");
}

Answer<void> check_update(SessionLoader& loader, const PutRequest& request, const Snapshot& present,
                          const Proposal& proposal) {
  const std::string& name = proposal.session.name;
  const bool allowed = TRY(may(loader, request, present, &policy::AccessPolicy::update));
  if (!allowed) return not_allowed(request.client, "somebody whom update of session \"" + name + "\" allows");
  if (proposal.session.predecessor == present.session->hash) return {};
  return refuse(Refusal::kConflict, "session.predecessor", present.session->hash + ", the hash of the present session",
                proposal.session.predecessor.empty() ? "none" : proposal.session.predecessor,
                "read the session, merge your change, and redoubt session update FILE --predecessor HASH");
}

// A client that lost the answer sends the same again.
Answer<bool> is_repetition(SessionLoader& loader, const PutRequest& request, const Snapshot& present,
                           const Proposal& proposal) {
  if (present.session->hash != proposal.hash) return false;
  const bool may_read = TRY(may(loader, request, present, &policy::AccessPolicy::read));
  if (may_read) return true;
  return may(loader, request, present, &policy::AccessPolicy::update);
}

Answer<void> each_principal(const Session& session, auto check) {
  const policy::AccessPolicy& access = session.access_policy;
  for (const auto* list : {&access.read, &access.update, &access.create_sessions, &access.list_sessions}) {
    for (const policy::Principal& one : *list) TRY_VOID(check(one));
  }
  return {};
}

// What can only be checked once the secrets are there.
Answer<void> check_settings(const Session& session, const Materials& materials, UtcTime now) {
  TRY_VOID(each_principal(session, [&](const policy::Principal& one) -> Answer<void> {
    if (one.kind != policy::PrincipalKind::kVariable) return {};
    static_cast<void>(TRY(key_of_variable(session, materials, one.text)));
    return {};
  }));
  for (const policy::Service& service : session.services) {
    static_cast<void>(TRY(one_time_password_secret(session, service, materials, now)));
  }
  if (session.security.service_access_token.empty()) return {};
  const auto token = fill_setting(session, materials, now, session.security.service_access_token);
  if (token && !token->empty()) return {};
  return refuse(Refusal::kInvalid, "session.service-access-token", "a service access token that is not empty",
                token ? "an empty one" : token.error(), "name a secret with a value, or remove service_access_token");
}

// The value of an imported secret is the exporter's to change, so it is nothing to decide on who may change this session.
Answer<void> check_principal_is_own(const Session& session, const policy::Principal& principal) {
  if (principal.kind != policy::PrincipalKind::kVariable) return {};
  const auto parts = policy::parse_template(principal.text);
  std::string name;
  if (parts && !parts->empty() && parts->front().variable) {
    policy::resolve_form(session, *parts->front().variable, policy::Place::kConfiguration, name);
  }
  const auto secret = std::ranges::find(session.secrets, name, &policy::Secret::name);
  if (secret == session.secrets.end() || !secret->import) return {};
  return refuse(Refusal::kInvalid, "session.access-policy", "a secret of this session itself in access_policy",
                "\"" + name + "\", which is imported", "write the certificate or the hash of its key");
}

// The proposal as decisions will be made by it, with what fragments of other sessions say at this moment.
Answer<Proposal> with_fragments_of_others(SessionLoader& loader, const PutRequest& request, const Proposal& proposal) {
  const policy::ImportedFragments fragments = TRY(imported_fragments(loader, proposal.session, proposal.hash));
  policy::CheckedSession checked = policy::check_session(request.yaml, &fragments, Severity::kError);
  if (!checked.session) return has_mistakes(checked.mistakes);
  return Proposal{*std::move(checked.session), proposal.hash, policy::as_json(checked.mistakes)};
}

Answer<Materials> make_secrets(const Store& store, SessionLoader& loader, const Proposal& proposal,
                               const Snapshot& present, UtcTime now) {
  const Session& session = proposal.session;
  TRY_VOID(each_principal(session, [&](const policy::Principal& one) { return check_principal_is_own(session, one); }));
  const Materials imported = TRY(resolve_imports(loader, session, proposal.hash, now));
  Session model = session;
  set_imported_kinds(model, imported);
  TRY_VOID(check_forms(model));
  TRY_VOID(check_network(model));
  static const Materials kNone;
  auto made = make_materials(model, present.session ? &present.session->session : nullptr,
                             present.materials ? present.materials->materials : kNone, imported, now);
  if (!made) {
    return refuse(Refusal::kInvalid, "session.secrets", "secrets that CAS can make", made.error().message,
                  "correct the secret and put the session again");
  }
  wipe_values(model);
  TRY_VOID(check_settings(model, *made, now));
  TRY_VOID(check_volumes(store, loader, model, proposal.hash, *made, now));
  return *std::move(made);
}

std::vector<Change> changes_for(const PutRequest& request, const Proposal& proposal, const Snapshot& present,
                                const Materials& materials) {
  const auto now = static_cast<uint64_t>(request.now.time_since_epoch().count());
  const StoredSession* old = present.session.get();
  const SessionRecord record{
      .yaml = request.yaml,
      .creator = old != nullptr ? old->creator : request.client.key_hash,
      .hash = proposal.hash,
      .created = old != nullptr ? static_cast<uint64_t>(old->created.time_since_epoch().count()) : now,
      .updated = now};
  std::vector<Change> changes;
  changes.push_back(
      {RecordKind::kSession, request.name, old != nullptr ? old->record_version : 0, encode_secret(record)});
  changes.push_back({RecordKind::kMaterials, request.name, present.materials ? present.materials->record_version : 0,
                     materials_record(proposal.hash, materials)});
  return changes;
}

class Put {
 public:
  Put(Store& store, AuditLog& audit, SessionLoader& loader, const PutRequest& request)
      : store_(store), audit_(audit), loader_(loader), request_(request) {}

  // nullopt: somebody changed a record meanwhile, look again.
  Answer<std::optional<SessionReply>> once(const Proposal& proposal) {
    const Snapshot present = TRY(loader_.snapshot(request_.name));
    update_ = present.session != nullptr;
    SessionReply reply{request_.name, proposal.hash, !update_, proposal.warnings};
    if (update_) {
      const bool repeated = TRY(is_repetition(loader_, request_, present, proposal));
      if (repeated) return reply;
      TRY_VOID(check_update(loader_, request_, present, proposal));
    } else {
      TRY_VOID(check_creation(loader_, request_, proposal.session));
    }
    const Materials materials = TRY(materials_for(proposal, present, reply));
    TRY_VOID(record("allowed", {{"hash", proposal.hash}, {"predecessor", proposal.session.predecessor}}));
    const auto outcome = store_.commit(changes_for(request_, proposal, present, materials));
    if (!outcome) {
      static_cast<void>(record("refused", {{"check", "cas.store"}, {"hash", proposal.hash}}));
      return unavailable("write session " + request_.name, outcome.error());
    }
    if (*outcome == CommitOutcome::kCommitted) return reply;
    TRY_VOID(record("refused", {{"check", "session.conflict"}, {"hash", proposal.hash}}));
    return std::nullopt;
  }

  Answer<void> record(const char* outcome, std::vector<std::pair<std::string, std::string>> details) {
    const char* event = update_ ? "session.updated" : "session.created";
    const auto recorded = audit_.record({event, outcome, request_.name, request_.client.key_hash, std::move(details)});
    if (!recorded) return unavailable("audit log", recorded.error());
    return {};
  }

 private:
  Answer<Materials> materials_for(const Proposal& proposal, const Snapshot& present, SessionReply& reply) {
    if (proposal.session.unresolved_fragments.empty()) {
      return make_secrets(store_, loader_, proposal, present, request_.now);
    }
    Proposal filled = TRY(with_fragments_of_others(loader_, request_, proposal));
    reply.warnings = std::move(filled.warnings);
    auto made = make_secrets(store_, loader_, filled, present, request_.now);
    wipe_values(filled.session);
    return made;
  }

  Store& store_;
  AuditLog& audit_;
  SessionLoader& loader_;
  const PutRequest& request_;
  bool update_ = false;
};

}  // namespace

Answer<SessionReply> put_session(Store& store, AuditLog& audit, SessionLoader& loader, const PutRequest& request) {
  // More than a renewal of certificates and one other client will not come in between.
  constexpr int kAttempts = 4;
  Proposal proposal = TRY(check_text(request));
  Put put(store, audit, loader, request);
  Answer<SessionReply> answer =
      refuse(Refusal::kConflict, "session.conflict", "nobody else to change the session meanwhile",
             "others did, several times", "read the session and try again");
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto done = put.once(proposal);
    if (done && !*done) continue;
    answer = done ? Answer<SessionReply>(**std::move(done)) : std::unexpected(std::move(done.error()));
    break;
  }
  wipe_values(proposal.session);
  const bool decided = !answer && answer.error().refusal != Refusal::kUnavailable;
  if (decided) {
    const Problem& problem = answer.error();
    static_cast<void>(
        put.record("refused", {{"check", problem.check}, {"expected", problem.expected}, {"actual", problem.actual}}));
  }
  return answer;
}

}  // namespace redoubt::cas
