// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/access.h"

#include <openssl/evp.h>

#include <algorithm>

#include "cas/sessions/refuse.h"
#include "policy/board_label.h"
#include "policy/references.h"
#include "policy/syntax.h"
#include "policy/template.h"

namespace redoubt::cas {
namespace {

using policy::Principal;
using policy::PrincipalKind;

constexpr size_t kLargestSignature = 512;  // characters of base64

std::optional<Bytes> from_base64(const std::string& text) {
  if (text.empty() || text.size() > kLargestSignature || text.size() % 4 != 0) return std::nullopt;
  Bytes bytes(text.size() / 4 * 3);
  const int size =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  bytes.resize(static_cast<size_t>(size) - padding);
  return bytes;
}

void collect_signers(const std::vector<Principal>& principals, std::vector<const std::string*>& pems) {
  for (const Principal& one : principals) {
    if (one.kind == PrincipalKind::kSigner) pems.push_back(&one.text);
    collect_signers(one.members, pems);
  }
}

class Decision {
 public:
  Decision(const AccessContext& context, const Client& client, const std::set<KeyHash>& signers)
      : context_(context), client_(client), signers_(signers) {}

  bool allowed_by(const Principal& one) const {
    switch (one.kind) {
      case PrincipalKind::kAny: return true;
      case PrincipalKind::kNone: return false;
      case PrincipalKind::kCreator: return is_client(context_.creator);
      case PrincipalKind::kKeyHash: return is_client(one.text);
      case PrincipalKind::kCertificate: return is_client(key_hash_of_certificate_pem(one.text).value_or(""));
      case PrincipalKind::kVariable: return is_client(key_of(one.text));
      case PrincipalKind::kSigner: return signers_.contains(key_hash_of_public_key_pem(one.text).value_or(""));
      case PrincipalKind::kGroup: return has_quorum(one);
    }
    return false;
  }

 private:
  bool is_client(const KeyHash& key) const { return !key.empty() && key == client_.key_hash; }

  KeyHash key_of(const std::string& text) const {
    if (context_.materials == nullptr) return "";
    return key_of_variable(context_.session, *context_.materials, text).value_or("");
  }

  // A signer that is listed twice counts once.
  bool has_quorum(const Principal& group) const {
    std::set<KeyHash> counted;
    uint32_t boards = 0;
    for (const Principal& member : group.members) {
      if (!allowed_by(member)) continue;
      if (member.kind == PrincipalKind::kSigner) {
        counted.insert(key_hash_of_public_key_pem(member.text).value_or(""));
      } else if (member.kind == PrincipalKind::kGroup) {
        ++boards;
      }
    }
    return group.threshold > 0 && counted.size() + boards >= group.threshold;
  }

  const AccessContext& context_;
  const Client& client_;
  const std::set<KeyHash>& signers_;
};

std::unexpected<Problem> no_key(const std::string& secret, std::string actual) {
  return refuse(Refusal::kInvalid, "session.access-policy",
                "a certificate, a public key, or ascii text with a key hash or a certificate as \"" + secret + "\"",
                std::move(actual), "name a secret of kind x509 or public-key of this session");
}

}  // namespace

Answer<std::set<KeyHash>> signers_of(const std::vector<Principal>& principals, std::string_view yaml,
                                     const BoardSignatures& signatures) {
  std::set<KeyHash> found;
  std::vector<const std::string*> pems;
  collect_signers(principals, pems);
  if (signatures.empty() || pems.empty()) return found;
  if (signatures.size() > kMostSignatures || signatures.size() * pems.size() > kMostVerifications) {
    return refuse(Refusal::kMalformed, "board.signatures",
                  "at most " + std::to_string(kMostSignatures) + " signatures, and " +
                      std::to_string(kMostVerifications) + " pairs of a signature and a signer",
                  std::to_string(signatures.size()) + " signatures for " + std::to_string(pems.size()) + " signers",
                  "send the signatures that are needed only");
  }
  std::string message(policy::kBoardLabel);
  message += yaml;
  for (const std::string& text : signatures) {
    const auto signature = from_base64(text);
    if (!signature) {
      return refuse(Refusal::kMalformed, "board.signatures", "signatures in base64", "other text",
                    "encode each signature with base64 -w0");
    }
    for (const std::string* pem : pems) {
      if (!signature_verifies(*pem, as_bytes(message), *signature)) continue;
      found.insert(key_hash_of_public_key_pem(*pem).value_or(""));
      break;
    }
  }
  wipe(message);
  return found;
}

bool allows(const std::vector<Principal>& principals, const AccessContext& context, const Client& client,
            const std::set<KeyHash>& signers) {
  const Decision decision(context, client, signers);
  return std::ranges::any_of(principals, [&](const Principal& one) { return decision.allowed_by(one); });
}

bool needs_materials(const std::vector<Principal>& principals) {
  return std::ranges::any_of(principals, [](const Principal& one) { return one.kind == PrincipalKind::kVariable; });
}

Answer<KeyHash> key_of_variable(const policy::Session& session, const Materials& materials, const std::string& text) {
  const auto parts = policy::parse_template(text);
  if (!parts || parts->size() != 1 || !parts->front().variable) return no_key("?", "no variable");
  const policy::Variable& variable = *parts->front().variable;
  std::string name;
  const policy::FormRow* row = policy::resolve_form(session, variable, policy::Place::kConfiguration, name);
  const auto material = materials.find(name);
  if (row == nullptr || material == materials.end()) return no_key(variable.name, "no such secret or form");
  const Material& found = material->second;
  std::optional<KeyHash> key;
  switch (found.kind) {
    case policy::SecretKind::kX509: key = key_hash_of_certificate_der(found.certificate); break;
    case policy::SecretKind::kPublicKey: key = key_hash_of_public_key_der(found.value.view()); break;
    case policy::SecretKind::kAscii: {
      const std::string_view given = found.value.text();
      const bool hash = given.size() == 64 && std::ranges::all_of(given, policy::is_hex_digit);
      key = hash ? policy::lower_case(given) : key_hash_of_certificate_pem(given);
      break;
    }
    default: break;
  }
  if (!key || row->private_key) {
    return no_key(name, "a secret of kind " + std::string(policy::word_of(policy::kSecretKindWords, found.kind)) +
                            (row->private_key ? ", its private key" : " that holds none"));
  }
  return *key;
}

}  // namespace redoubt::cas
