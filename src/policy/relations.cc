// SPDX-License-Identifier: Apache-2.0
#include "policy/relations.h"

#include <string_view>

#include "policy/pem.h"
#include "policy/syntax.h"

namespace redoubt::policy {
namespace {

class Relations {
 public:
  Relations(const SecretsByName& secrets, const Secret& secret, const Node& node, const std::string& where,
            std::vector<Mistake>& mistakes)
      : secrets_(secrets), secret_(secret), node_(node), where_(where), mistakes_(mistakes) {}

  void check() {
    if (secret_.import) return;
    switch (secret_.kind) {
      case SecretKind::kX509:
      case SecretKind::kX509Ca: return check_certificate();
      case SecretKind::kPublicKey: return check_public_key();
      case SecretKind::kJwt: return check_jwt();
      case SecretKind::kPgpKey: return check_pgp();
      case SecretKind::kVault: return check_vault();
      default: return;
    }
  }

 private:
  void check_certificate() {
    if (!secret_.value || !is_certificate_pem(*secret_.value)) return;
    if (secret_.kind == SecretKind::kX509Ca && !is_authority_pem(*secret_.value)) {
      error("value", "the certificate of an authority (basicConstraints CA:TRUE)", "one that may not sign",
            "use kind: x509, or another certificate");
    }
    const Secret* key = find(secret_.private_key);
    if (key == nullptr || key->import || key->kind != SecretKind::kPrivateKey) return;
    if (!key->value) {
      error("private_key", "a private key by value, since the certificate is given by value",
            quoted(key->name) + ", which CAS makes anew", "add its value, or remove the certificate's");
    } else if (is_private_key_pem(*key->value) && !key_fits_certificate(*key->value, *secret_.value)) {
      error("private_key", "the private key of the certificate", quoted(key->name) + ", another key", "");
    }
  }

  void check_public_key() {
    if (secret_.value && !secret_.private_key.empty()) {
      error("value", "no value beside private_key", "one", "remove one: the public key follows from the private key");
    }
  }

  void check_jwt() {
    const Secret* key = find(secret_.signer);
    if (key == nullptr || key->import || key->kind != SecretKind::kPrivateKey) return;
    const auto facts = key->value ? read_private_key(*key->value) : KeyFacts{key->key_type};
    if (!facts || facts->type == KeyType::kP384) return;
    const std::string_view type = facts->type ? word_of(kKeyTypeWords, *facts->type) : "of another type";
    error("signer", "a P-384 key, which ES384 needs", quoted(key->name) + ", " + std::string(type),
          key->value ? "give another key" : "add key_type: P-384 to " + quoted(key->name));
  }

  // ASCII armour (RFC 9580, 6.2), or the same without its lines.
  void check_pgp() {
    if (!secret_.value) return;
    const std::string_view text = *secret_.value;
    constexpr std::string_view kBegin = "-----BEGIN ";
    const size_t begin = text.find(kBegin);
    if (begin == std::string_view::npos) return;
    for (const std::string_view block : {"PGP PRIVATE KEY BLOCK-----", "PGP PUBLIC KEY BLOCK-----"}) {
      if (!text.substr(begin + kBegin.size()).starts_with(block)) continue;
      if (text.find("-----END " + std::string(block)) != std::string_view::npos) return;
      return error("value", "an armoured PGP key with its END line", "none", "");
    }
    error("value", "a PGP PRIVATE KEY BLOCK or PGP PUBLIC KEY BLOCK", "another block", "");
  }

  void check_vault() {
    const auto parameter = [&](const char* name) {
      const auto found = secret_.parameters.find(name);
      return found == secret_.parameters.end() ? std::string() : found->second;
    };
    const std::string address = parameter("address");
    if (address.starts_with("http://")) {
      warn("address", "insecure: the vault is asked without TLS, so everybody on the way reads the secret",
           "write https://");
    } else if (!address.empty() && (!address.starts_with("https://") || address.size() == 8)) {
      error("address", "an address https://HOST[:PORT]", quoted(address), "");
    }
    const std::string authority = parameter("ca");
    if (authority.empty() || is_certificate_pem(authority)) return;
    const Secret* secret = find(authority);
    if (secret == nullptr || (secret->kind != SecretKind::kX509Ca && secret->kind != SecretKind::kImported)) {
      error("ca", "a certificate in PEM, or an x509-ca secret of this session", quoted(authority), "");
    }
  }

  const Secret* find(const std::string& name) const {
    const auto found = secrets_.find(name);
    return found == secrets_.end() ? nullptr : found->second;
  }
  void add(Severity severity, const char* key, std::string expected, std::string found, std::string hint) {
    const Node* at = node_.find(key);
    mistakes_.push_back({severity, at != nullptr ? at->at : node_.at, where_ + '.' + key, std::move(expected),
                         std::move(found), std::move(hint)});
  }
  void error(const char* key, std::string expected, std::string found, std::string hint) {
    add(Severity::kError, key, std::move(expected), std::move(found), std::move(hint));
  }
  void warn(const char* key, std::string expected, std::string hint) {
    add(Severity::kWarning, key, std::move(expected), "", std::move(hint));
  }

  const SecretsByName& secrets_;
  const Secret& secret_;
  const Node& node_;
  const std::string& where_;
  std::vector<Mistake>& mistakes_;
};

}  // namespace

void check_relations(const SecretsByName& secrets, const Secret& secret, const Node& node, const std::string& where,
                     std::vector<Mistake>& mistakes) {
  Relations(secrets, secret, node, where, mistakes).check();
}

}  // namespace redoubt::policy
