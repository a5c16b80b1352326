// SPDX-License-Identifier: Apache-2.0
//
// The top level of a session.
#include <algorithm>

#include "policy/read_parts.h"
#include "policy/syntax.h"

namespace redoubt::policy {
namespace {

using enum Presence;

void read_version(Reader& reader, const Node& node, Session& session) {
  std::string_view text = node.text;
  const bool known = node.kind == Node::Kind::kScalar && text.starts_with("0.3") &&
                     (text.size() == 3 || (text.size() > 4 && text.size() < 12 && text[3] == '.' &&
                                           std::ranges::all_of(text.substr(4), is_digit)));
  if (known) {
    session.version = text;
  } else {
    reader.wrong(node, "the version \"0.3\" or \"0.3.N\"",
                 "this is the only version of the language that Redoubt reads");
  }
}

constexpr Key<Session> kKeys[] = {
    {"name", kRequired, [](Reader& r, const Node& n, Session& s) { store(s.name, r.session_name(n)); }},
    {"version", kRequired, read_version},
    {"predecessor", kOptional, [](Reader& r, const Node& n, Session& s) { store(s.predecessor, r.hex(n, 32)); }},
    {"namespace_hash", kOptional, [](Reader& r, const Node& n, Session& s) { store(s.namespace_hash, r.hex(n, 32)); }},
    {"salt", kOptional, [](Reader& r, const Node& n, Session& s) { store(s.salt, r.hex(n, 16)); }},
    {"services", kOptional,
     [](Reader& r, const Node& n, Session& s) { read_named_list(r, n, s.services, read_service); }},
    {"images", kOptional, [](Reader& r, const Node& n, Session& s) { read_named_list(r, n, s.images, read_image); }},
    {"volumes", kOptional, [](Reader& r, const Node& n, Session& s) { read_named_list(r, n, s.volumes, read_volume); }},
    {"secrets", kOptional, [](Reader& r, const Node& n, Session& s) { read_named_list(r, n, s.secrets, read_secret); }},
    {"access_policy", kOptional,
     [](Reader& r, const Node& n, Session& s) { read_access_policy(r, n, s.access_policy); }},
    {"security", kOptional, [](Reader& r, const Node& n, Session& s) { read_security(r, n, s.security); }},
};

void check_combinations(Reader& reader, const Node& node, const Session& session) {
  const Node* hash = node.find("namespace_hash");
  if (hash == nullptr) return;
  const Reader::Inside inside(reader, "namespace_hash");
  if (node.find("predecessor") != nullptr) {
    reader.error(hash->at, "either predecessor (an update) or namespace_hash (a creation)", "both",
                 "remove namespace_hash: the parent is checked when the session is created");
  }
  if (!session.name.empty() && session.name.find('/') == std::string::npos) {
    reader.error(hash->at, "a session below another, such as parent/" + session.name, quoted(session.name),
                 "remove namespace_hash");
  }
}

// What does not stand in the file.
void fill_in_access(AccessPolicy& policy) {
  const std::vector<Principal> creator = {Principal{PrincipalKind::kCreator, "", 0, {}}};
  if (policy.read.empty()) policy.read = creator;
  if (policy.update.empty()) policy.update = creator;
  if (policy.create_sessions.empty()) policy.create_sessions = policy.update;
  if (policy.list_sessions.empty()) policy.list_sessions = policy.read;
}

}  // namespace

Session read_session(Reader& reader, const Node& node) {
  Session session;
  if (!read_map(reader, node, kKeys, session)) return session;
  check_combinations(reader, node, session);
  fill_in_access(session.access_policy);
  return session;
}

}  // namespace redoubt::policy
