// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/enforced.h"

#include <algorithm>
#include <set>

#include "cas/sessions/imports.h"
#include "cas/sessions/public_keys.h"

namespace redoubt::cas {
namespace {

using policy::Mistake;
using policy::Principal;
using policy::PrincipalKind;
using policy::Severity;

struct Unkept {
  const char* where;
  bool (*asked)(const policy::Security&);
  const char* hint;
};
constexpr Unkept kUnkept[] = {
    {"security.singleton_enclaves", [](const policy::Security& security) { return security.singleton_enclaves; },
     "remove it: CAS does not count running instances"},
    {"security.attestation.must_be_sgx_local",
     [](const policy::Security& security) { return security.must_be_sgx_local; },
     "remove it: CAS does not compare the platform with its own"},
};

class Finder {
 public:
  explicit Finder(const policy::Session& session) : session_(session) {}

  std::vector<Mistake> find() {
    for (const Unkept& row : kUnkept) {
      if (row.asked(session_.security)) add(row.where, "nothing that is not enforced", "true", row.hint);
    }
    for (size_t index = 0; index < session_.services.size(); ++index) {
      if (session_.services[index].platforms.empty()) continue;
      add("services[" + std::to_string(index) + "].platforms", "nothing that is not enforced", "a list of platforms",
          "remove it: CAS does not tell platforms of one kind apart");
    }
    exporters();
    fragments();
    const policy::AccessPolicy& access = session_.access_policy;
    principals("access_policy.read", access.read, false);
    principals("access_policy.update", access.update, true);
    principals("access_policy.create_sessions", access.create_sessions, true);
    principals("access_policy.list_sessions", access.list_sessions, false);
    return std::move(mistakes_);
  }

 private:
  void add(std::string where, std::string expected, std::string found, std::string hint) {
    mistakes_.push_back(
        {Severity::kError, {}, std::move(where), std::move(expected), std::move(found), std::move(hint)});
  }

  void exporters() {
    std::set<std::string_view> sessions;
    for (const policy::Secret& secret : session_.secrets) {
      if (secret.import) sessions.insert(secret.import->session);
    }
    if (sessions.size() <= kMostExporters) return;
    add("secrets", "imports from at most " + std::to_string(kMostExporters) + " sessions",
        std::to_string(sessions.size()) + " sessions", "collect what is shared in fewer sessions");
  }

  // Decisions would have to wait for what another session says today.
  void fragments() {
    for (const policy::UnresolvedFragment& one : session_.unresolved_fragments) {
      add(one.where, "a fragment of this session itself",
          policy::quoted(one.secret) + " of session " + policy::quoted(one.session),
          "copy the fragment into this session: CAS does not merge fragments of other sessions");
    }
  }

  void principals(const std::string& where, const std::vector<Principal>& list, bool signed_requests) {
    for (const Principal& one : list) {
      std::set<KeyHash> seen;
      if (one.kind == PrincipalKind::kGroup) each_signer_once(where, one, seen);
      if (one.kind == PrincipalKind::kSigner && !signed_requests) {
        mistakes_.push_back({Severity::kWarning,
                             {},
                             where,
                             "a signer has no effect here: requests to read and to list carry no signatures",
                             "",
                             "name a certificate or the hash of a key"});
      }
    }
  }

  // Across a whole board, so that nobody's one signature counts in two of its groups.
  void each_signer_once(const std::string& where, const Principal& group, std::set<KeyHash>& seen) {
    for (const Principal& member : group.members) {
      if (member.kind == PrincipalKind::kGroup) each_signer_once(where, member, seen);
      if (member.kind != PrincipalKind::kSigner) continue;
      const auto key = key_hash_of_public_key_pem(member.text);
      if (key && seen.insert(*key).second) continue;
      add(where, "each signer once in a board", "the key " + key.value_or("?") + " again",
          "list every signer in one group only");
    }
  }

  const policy::Session& session_;
  std::vector<Mistake> mistakes_;
};

}  // namespace

std::vector<Mistake> unenforced(const policy::Session& session) { return Finder(session).find(); }

const policy::Image* image_of(const policy::Session& session, const policy::Service& service) {
  if (service.image_name.empty()) return nullptr;
  const auto found = std::ranges::find(session.images, service.image_name, &policy::Image::name);
  return found == session.images.end() ? nullptr : &*found;
}

std::vector<std::string_view> required_features(const policy::Session& session, const policy::Service& service) {
  std::vector<std::string_view> features;
  const policy::Image* image = image_of(session, service);
  if (service.memory_sealed) features.emplace_back("memory.sealed");
  if (service.network) features.emplace_back("network");
  if (service.stdio == policy::Stdio::kVolume) features.emplace_back("stdio.volume");
  if (service.root_volume || (image != nullptr && !image->volumes.empty()) ||
      (service.code && !service.code->volume.empty())) {
    features.emplace_back("volumes");
  }
  return features;
}

}  // namespace redoubt::cas
