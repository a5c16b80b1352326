// SPDX-License-Identifier: Apache-2.0
//
// Certificates are made anew at two thirds of their life, when an issuer above them was, and when an imported key changed: what
// is handed out fits together. Authorities are renewed with the key they have, so that certificates made before and after trust each
// other while programs still run with old ones; the own key of another certificate is made anew with it.
#include <optional>
#include <set>

#include "cas/secrets/certificates.h"
#include "cas/secrets/material.h"
#include "cas/secrets/secret_graph.h"

namespace redoubt::cas {
namespace {

using crypto::PrivateKey;
using policy::Secret;
using policy::SecretKind;

class Renewer {
 public:
  Renewer(const policy::Session& session, Materials& materials, UtcTime now)
      : graph_(session), materials_(materials), now_(now) {}

  // Issuers first. An error is remembered and does not keep other certificates from being renewed.
  void renew(const Secret& secret, size_t depth = 0) {
    const bool certificate = secret.kind == SecretKind::kX509 || secret.kind == SecretKind::kX509Ca;
    if (!certificate || !is_generated(secret) || depth > kMaxIssuers || !seen_.insert(secret.name).second) return;
    if (const Secret* issuer = graph_.find(secret.issuer)) renew(*issuer, depth + 1);
    Result<bool, Error> renewed = renew_one(secret);
    if (renewed) {
      any_ |= *renewed;
    } else if (!error_) {
      error_ = std::move(renewed.error()).in("secret \"" + secret.name + "\"");
    }
  }

  Result<bool, Error> result() {
    if (error_) return std::unexpected(std::move(*error_));
    return any_;
  }

 private:
  Result<const Material*, Error> material_of(const std::string& name) const {
    const auto found = materials_.find(name);
    if (found != materials_.end()) return &found->second;
    return fail(ErrorCode::kFailed, "there is nothing stored for \"" + name + "\"");
  }

  Result<bool, Error> renew_one(const Secret& secret) {
    const Material* present = TRY(material_of(secret.name));
    const Material* issuer = nullptr;
    if (!secret.issuer.empty()) issuer = TRY(material_of(secret.issuer));
    const bool due = !present->renew_after || now_ >= *present->renew_after;
    const bool follows = issuer == nullptr || present->chain == chain_below(*issuer);
    if (!due && follows && !TRY(has_other_key(secret, *present))) return false;
    const PrivateKey key = TRY(key_for(secret, *present));
    Material renewed = TRY(issue_certificate({secret, key, issuer, graph_.authorities_below(secret), now_}));
    materials_.insert_or_assign(secret.name, std::move(renewed));
    return true;
  }

  // An imported key may have become another.
  Result<bool, Error> has_other_key(const Secret& secret, const Material& present) const {
    if (secret.private_key.empty()) return false;
    const Material* key = TRY(material_of(secret.private_key));
    return key->value.text() != present.value.text();
  }

  Result<PrivateKey, Error> key_for(const Secret& secret, const Material& present) const {
    const bool own = secret.private_key.empty();
    if (own && secret.kind == SecretKind::kX509) return PrivateKey::generate(crypto::KeyAlgorithm::kP256);
    const Material* key = own ? &present : TRY(material_of(secret.private_key));
    return PrivateKey::from_pkcs8(key->value.view());
  }

  const SecretGraph graph_;
  Materials& materials_;
  const UtcTime now_;
  std::set<std::string_view> seen_;
  std::optional<Error> error_;
  bool any_ = false;
};

}  // namespace

Result<bool, Error> renew_certificates(const policy::Session& session, Materials& materials, UtcTime now) {
  Renewer renewer(session, materials, now);
  for (const Secret& secret : session.secrets) renewer.renew(secret);
  return renewer.result();
}

}  // namespace redoubt::cas
