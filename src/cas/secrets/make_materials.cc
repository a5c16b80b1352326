// SPDX-License-Identifier: Apache-2.0
//
// Makes the secrets of a session. They name each other (a certificate its key and its issuer), in any order of the list: each is
// made when it is first asked for. What an update keeps is decided in `kept`. Bounded, since whoever may create sessions
// could otherwise keep CAS busy for hours: the depth of names, the bytes, the keys and certificates, the RSA keys in all.
#include <algorithm>

#include "cas/secrets/certificates.h"
#include "cas/secrets/jwt.h"
#include "cas/secrets/material.h"
#include "cas/secrets/secret_graph.h"
#include "crypto/openpgp_key.h"
#include "crypto/random_secret.h"
#include "crypto/secret_text.h"

namespace redoubt::cas {
namespace {

using crypto::KeyAlgorithm;
using crypto::PrivateKey;
using policy::KeyType;
using policy::Secret;
using policy::SecretKind;

constexpr size_t kMaxDepth = kMaxIssuers + 3;  // issuers, the certificate, its key, what that is asked for
constexpr size_t kMaxBytes = 16 << 20;
constexpr size_t kMaxKeys = 2048;   // and certificates; one takes about a millisecond
constexpr size_t kMaxRsaKeys = 64;  // one takes a tenth of a second and more

struct AlgorithmRow {
  KeyType type;
  KeyAlgorithm algorithm;
};
constexpr AlgorithmRow kAlgorithms[] = {
    {KeyType::kP256, KeyAlgorithm::kP256},       {KeyType::kP384, KeyAlgorithm::kP384},
    {KeyType::kEd25519, KeyAlgorithm::kEd25519}, {KeyType::kRsa2048, KeyAlgorithm::kRsa2048},
    {KeyType::kRsa3072, KeyAlgorithm::kRsa3072},
};

// Before anything is made.
Result<void, Error> check_counts(const policy::Session& session) {
  size_t key_count = 0, rsa_count = 0;
  for (const Secret& secret : session.secrets) {
    if (!is_generated(secret)) continue;
    const bool certificate = secret.kind == SecretKind::kX509 || secret.kind == SecretKind::kX509Ca;
    const bool key = secret.kind == SecretKind::kPrivateKey;
    const bool rsa = key && (secret.key_type == KeyType::kRsa2048 || secret.key_type == KeyType::kRsa3072);
    key_count += key || certificate ? 1 : 0;
    rsa_count += secret.kind == SecretKind::kPgpKey ? 2 : rsa ? 1 : 0;
  }
  if (rsa_count > kMaxRsaKeys) {
    return fail(ErrorCode::kMalformed, "secrets: expected at most " + std::to_string(kMaxRsaKeys) +
                                           " generated RSA keys in a session (a pgp-key has two), found " +
                                           std::to_string(rsa_count) + ": use P-256 or Ed25519");
  }
  if (key_count > kMaxKeys) {
    return fail(ErrorCode::kMalformed, "secrets: expected at most " + std::to_string(kMaxKeys) +
                                           " generated keys and certificates in a session, found " +
                                           std::to_string(key_count) + ": divide it into several");
  }
  return {};
}

class Maker {
 public:
  Maker(const policy::Session& session, const policy::Session* previous_session, const Materials& previous,
        const Materials& imported, UtcTime now)
      : graph_(session), previous_(previous), imported_(imported), now_(now) {
    if (previous_session != nullptr) previous_graph_.emplace(*previous_session);
  }

  // The material of `name`, made if it is not there yet.
  Result<const Material*, Error> get(const std::string& name, size_t depth = 0) {
    if (const auto made = made_.find(name); made != made_.end()) return &made->second;
    const std::string where = "secret \"" + name + "\"";
    const Secret* secret = graph_.find(name);
    if (secret == nullptr) return fail(ErrorCode::kMalformed, where + ": the session has none of this name");
    if (depth > kMaxDepth) {
      return fail(ErrorCode::kMalformed, where + ": the secrets name each other in a circle, or over more than " +
                                             std::to_string(kMaxIssuers) + " issuers");
    }
    Result<Material, Error> material = make(*secret, depth + 1);
    if (!material) return std::unexpected(std::move(material.error()).in(where));
    bytes_ += material->value.size() + material->certificate.size();
    for (const Bytes& issuer : material->chain) bytes_ += issuer.size();
    if (bytes_ > kMaxBytes) {
      return fail(ErrorCode::kMalformed,
                  where + ": expected at most 16 MiB of secrets in a session, this one is beyond");
    }
    return &made_.emplace(name, std::move(*material)).first->second;
  }

  Materials take() { return std::move(made_); }

 private:
  using Made = Result<Material, Error>;

  static Material of_bytes(SecretKind kind, SecretBytes value) {
    Material material{};
    material.kind = kind;
    material.value = std::move(value);
    return material;
  }

  Made make(const Secret& secret, size_t depth) {
    if (secret.import) return take_imported(secret, *secret.import);
    switch (secret.kind) {
      case SecretKind::kAscii: return make_ascii(secret);
      case SecretKind::kBinary: return make_binary(secret);
      case SecretKind::kPrivateKey: return make_private_key(secret);
      case SecretKind::kPublicKey: return make_public_key(secret, depth);
      case SecretKind::kX509Ca:
      case SecretKind::kX509: return make_certificate(secret, depth);
      case SecretKind::kJwt: return make_token(secret, depth);
      case SecretKind::kPgpKey: return make_pgp_key(secret);
      case SecretKind::kConfigFragment: return make_fragment(secret);
      case SecretKind::kVault:
        return fail(ErrorCode::kUnsupported,
                    "kind vault: this CAS does not fetch from HashiCorp Vault: use kind ascii, given or generated");
      case SecretKind::kImported: break;
    }
    return fail(ErrorCode::kMalformed, "expected a kind or an import, found neither");
  }

  Made take_imported(const Secret& secret, const policy::SecretImport& import) {
    const std::string from = "\"" + import.secret + "\" of session \"" + import.session + "\"";
    const auto found = imported_.find(secret.name);
    if (found == imported_.end()) return fail(ErrorCode::kFailed, "it is imported, and " + from + " is not there");
    const SecretKind kind = found->second.kind;
    if (secret.kind != SecretKind::kImported && secret.kind != kind) {
      return fail(ErrorCode::kMalformed, "expected kind " + word_of(secret.kind) + ", found that " + from +
                                             " is of kind " + word_of(kind) + ": correct kind or leave it out");
    }
    // A token is good for a while only: it is imported anew at every start, and not kept.
    if (kind == SecretKind::kJwt) return of_bytes(kind, {});
    return found->second.copy();
  }

  static std::string word_of(SecretKind kind) { return std::string(policy::word_of(policy::kSecretKindWords, kind)); }

  // What the previous session's CAS made under this name and kind; null when there is nothing to keep. A value that people
  // gave does not become a generated one, which nobody has seen.
  const Material* kept(const Secret& secret) const {
    if (!previous_graph_) return nullptr;
    const Secret* before = previous_graph_->find(secret.name);
    const auto material = previous_.find(secret.name);
    if (before == nullptr || material == previous_.end() || !is_generated(*before)) return nullptr;
    if (before->kind != secret.kind || material->second.kind != secret.kind) return nullptr;
    const bool is_key = secret.kind == SecretKind::kPrivateKey;
    const bool agrees = is_key ? secret.migrate && before->migrate && secret.key_type == before->key_type
                               : secret.size == before->size && material->second.value.size() == secret.size;
    return agrees ? &material->second : nullptr;
  }

  Made make_ascii(const Secret& secret) const {
    if (secret.value) {
      if (secret.value->find('\0') != std::string::npos) {
        return fail(ErrorCode::kMalformed, "value: expected text without NUL bytes: use kind binary, in hexadecimal");
      }
      return of_bytes(secret.kind, SecretBytes(*secret.value));
    }
    if (const Material* before = kept(secret)) return before->copy();
    SecretBytes text = TRY(crypto::random_text(secret.size));
    return of_bytes(secret.kind, std::move(text));
  }

  Made make_binary(const Secret& secret) const {
    if (secret.value) {
      std::optional<SecretBytes> bytes = crypto::secret_from_hex(*secret.value);
      if (!bytes) return fail(ErrorCode::kMalformed, "value: expected hexadecimal digits, two a byte");
      return of_bytes(secret.kind, std::move(*bytes));
    }
    if (const Material* before = kept(secret)) return before->copy();
    SecretBytes bytes = TRY(crypto::random_bytes(secret.size));
    return of_bytes(secret.kind, std::move(bytes));
  }

  Made make_private_key(const Secret& secret) {
    if (secret.value) {
      const PrivateKey key = TRY(PrivateKey::from_pem(*secret.value));
      SecretBytes der = TRY(key.pkcs8_der());
      return of_bytes(secret.kind, std::move(der));
    }
    if (const Material* before = kept(secret)) return before->copy();
    const KeyAlgorithm algorithm = std::ranges::find(kAlgorithms, secret.key_type, &AlgorithmRow::type)->algorithm;
    const PrivateKey key = TRY(PrivateKey::generate(algorithm));
    SecretBytes der = TRY(key.pkcs8_der());
    return of_bytes(secret.kind, std::move(der));
  }

  // The key of the private-key secret `name`, which `purpose` needs.
  Result<PrivateKey, Error> key_named(const std::string& name, std::string_view purpose, size_t depth) {
    const Material* material = TRY(get(name, depth));
    if (material->kind == SecretKind::kPrivateKey) return PrivateKey::from_pkcs8(material->value.view());
    return fail(ErrorCode::kMalformed, std::string(purpose) + ": expected a secret of kind private-key, found \"" +
                                           name + "\" of kind " + word_of(material->kind));
  }

  Made make_public_key(const Secret& secret, size_t depth) {
    Bytes der;
    if (secret.value) der = TRY(crypto::public_key_from_pem(*secret.value));
    if (!secret.private_key.empty()) {
      const PrivateKey key = TRY(key_named(secret.private_key, "private_key", depth));
      Bytes of_key = TRY(key.public_der());
      if (secret.value && der != of_key) {
        return fail(ErrorCode::kMalformed, "value: expected the public key of \"" + secret.private_key +
                                               "\", found another: remove one of the two");
      }
      der = std::move(of_key);
    }
    return of_bytes(secret.kind, SecretBytes(ByteView(der)));
  }

  Made make_certificate(const Secret& secret, size_t depth) {
    std::optional<PrivateKey> key;
    if (!secret.private_key.empty()) key = TRY(key_named(secret.private_key, "private_key", depth));
    const Material* issuer = nullptr;
    if (!secret.issuer.empty()) issuer = TRY(get(secret.issuer, depth));
    if (secret.value) return given_certificate(secret, key ? &*key : nullptr, issuer);
    if (!key) key = TRY(PrivateKey::generate(KeyAlgorithm::kP256));
    return issue_certificate({secret, *key, issuer, graph_.authorities_below(secret), now_});
  }

  // The token itself is made when it is asked for; here one is made to see that it can be.
  Made make_token(const Secret& secret, size_t depth) {
    const PrivateKey signer = TRY(key_named(secret.signer, "signer", depth));
    TRY_VOID(make_jwt(secret, signer, now_));
    return of_bytes(secret.kind, {});
  }

  Made make_pgp_key(const Secret& secret) {
    crypto::OpenPgpKey key = TRY(secret.value ? crypto::read_openpgp_key(*secret.value)
                                              : crypto::generate_openpgp_key(secret.name, now_ - kBackdated));
    Material material = of_bytes(secret.kind, std::move(key.secret));
    material.certificate = std::move(key.open);
    return material;
  }

  static Made make_fragment(const Secret& secret) {
    const auto fragment = secret.parameters.find("fragment");
    if (fragment == secret.parameters.end()) return fail(ErrorCode::kMalformed, "expected a value, found none");
    return of_bytes(secret.kind, SecretBytes(fragment->second));
  }

  const SecretGraph graph_;
  std::optional<SecretGraph> previous_graph_;
  const Materials& previous_;
  const Materials& imported_;
  const UtcTime now_;
  Materials made_;
  size_t bytes_ = 0;
};

}  // namespace

Result<Materials, Error> make_materials(const policy::Session& session, const policy::Session* previous_session,
                                        const Materials& previous, const Materials& imported, UtcTime now) {
  TRY_VOID(check_counts(session));
  Maker maker(session, previous_session, previous, imported, now);
  for (const Secret& secret : session.secrets) TRY_VOID(maker.get(secret.name));
  return maker.take();
}

}  // namespace redoubt::cas
