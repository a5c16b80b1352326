// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/fragments.h"

#include <algorithm>

#include "cas/sessions/imports.h"
#include "cas/sessions/refuse.h"

namespace redoubt::cas {
namespace {

using policy::UnresolvedFragment;

// The value that is exported to `session`; null when there is no such export.
Answer<const std::string*> exported(SessionLoader& loader, const policy::Session& session, const std::string& hash,
                                    const UnresolvedFragment& wanted, std::shared_ptr<const StoredSession>& exporter) {
  if (wanted.session == session.name) return nullptr;
  exporter = TRY(loader.session(wanted.session));
  if (!exporter) return nullptr;
  const auto& theirs = exporter->session.secrets;
  const auto found = std::ranges::find(theirs, wanted.secret, &policy::Secret::name);
  if (found == theirs.end() || found->kind != policy::SecretKind::kConfigFragment) return nullptr;
  const auto value = found->parameters.find("fragment");
  if (value == found->parameters.end() || !exports_to(*found, session.name, hash)) return nullptr;
  return &value->second;
}

std::unexpected<Problem> not_there(const policy::Session& session, const UnresolvedFragment& wanted) {
  return refuse(Refusal::kForbidden, "session.fragment",
                "session \"" + wanted.session + "\" to export its config-fragment \"" + wanted.secret +
                    "\" to session \"" + session.name + "\", whose " + wanted.where + " names it",
                "no such export",
                "add export: [{session: " + session.name + "}] to \"" + wanted.secret + "\" in session \"" +
                    wanted.session + "\", with the session_hash of \"" + session.name + "\" to pin it");
}

}  // namespace

Answer<policy::ImportedFragments> imported_fragments(SessionLoader& loader, const policy::Session& session,
                                                     const std::string& hash) {
  policy::ImportedFragments values;
  for (const UnresolvedFragment& one : session.unresolved_fragments) {
    if (values.contains({one.session, one.secret})) continue;
    std::shared_ptr<const StoredSession> exporter;
    const std::string* value = TRY(exported(loader, session, hash, one, exporter));
    if (value == nullptr) return not_there(session, one);
    values.emplace(std::pair(one.session, one.secret), *value);
  }
  return values;
}

Answer<std::shared_ptr<const StoredSession>> with_fragments(SessionLoader& loader,
                                                            std::shared_ptr<const StoredSession> session) {
  if (session->session.unresolved_fragments.empty()) return session;
  policy::ImportedFragments values = TRY(imported_fragments(loader, session->session, session->hash));
  return loader.filled(*session, std::move(values));
}

Answer<std::shared_ptr<const StoredSession>> with_fragments_if_there(SessionLoader& loader,
                                                                     std::shared_ptr<const StoredSession> session) {
  auto filled = with_fragments(loader, session);
  if (filled || filled.error().refusal == Refusal::kUnavailable) return filled;
  return session;
}

}  // namespace redoubt::cas
