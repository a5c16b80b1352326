// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/network_configuration.h"

#include <algorithm>

#include "cas/sessions/refuse.h"
#include "policy/syntax.h"

namespace redoubt::cas {
namespace {

class Filler {
 public:
  Filler(SecretSource& source, NetworkTexts& texts) : source_(source), texts_(texts) {}

  // Empty when `name` is.
  Answer<std::string_view> authority(const std::string& name, const std::string& where) {
    if (name.empty()) return std::string_view();
    return text(name, policy::Form::kCertificatePem, where);
  }

  Answer<wire::NetworkIdentity> identity(const std::string& name, const std::string& where) {
    if (name.empty()) return wire::NetworkIdentity{};
    const std::string_view certificates = TRY(text(name, policy::Form::kChain, where));
    const std::string_view private_key = TRY(text(name, policy::Form::kPrivateKeyPkcs8Pem, where));
    return wire::NetworkIdentity{certificates, private_key};
  }

 private:
  Answer<std::string_view> text(const std::string& name, policy::Form form, const std::string& where) {
    auto rendered = source_.form(name, form);
    if (!rendered) return cannot_fill("configuration.network", where, rendered.error());
    return texts_.emplace_back(*std::move(rendered)).text();
  }

  SecretSource& source_;
  NetworkTexts& texts_;
};

}  // namespace

Answer<wire::Network> network_for(const policy::Network& rules, SecretSource& source, NetworkTexts& texts) {
  Filler filler(source, texts);
  wire::Network network;
  network.is_given = true;
  network.refuses_unnamed = rules.unnamed == policy::Unnamed::kRefuse;
  for (const policy::ListenRule& rule : rules.listen) {
    const std::string where = "network.listen " + rule.address;
    wire::ListenRule& given = network.listen.emplace_back();
    given.address = rule.address;
    given.tls = rule.tls == policy::Tls::kRequired;
    given.identity = TRY(filler.identity(rule.identity, where));
    given.client_authority = TRY(filler.authority(rule.client_auth, where));
  }
  for (const policy::ConnectRule& rule : rules.connect) {
    const std::string where = "network.connect " + rule.address;
    wire::ConnectRule& given = network.connect.emplace_back();
    given.address = rule.address;
    given.tls = rule.tls == policy::Tls::kRequired;
    given.identity = TRY(filler.identity(rule.identity, where));
    given.server_authority = TRY(filler.authority(rule.server_auth, where));
    given.server_name = rule.server_name;
    if (given.server_name.empty() && given.tls) given.server_name = policy::one_host_of(rule.address);
  }
  return network;
}

Answer<void> check_network(const policy::Session& session) {
  const auto check = [&](const std::string& name, policy::SecretKind kind, const std::string& address) -> Answer<void> {
    const auto secret = std::ranges::find(session.secrets, name, &policy::Secret::name);
    if (name.empty() || secret == session.secrets.end() || secret->kind == kind) return {};
    return refuse(Refusal::kInvalid, "session.network",
                  "a secret of kind " + std::string(policy::word_of(policy::kSecretKindWords, kind)) +
                      " in the network rule for " + address,
                  "\"" + name + "\" of kind " + std::string(policy::word_of(policy::kSecretKindWords, secret->kind)),
                  "import a secret of that kind");
  };
  for (const policy::Service& service : session.services) {
    if (!service.network) continue;
    for (const policy::ListenRule& rule : service.network->listen) {
      TRY_VOID(check(rule.identity, policy::SecretKind::kX509, rule.address));
      TRY_VOID(check(rule.client_auth, policy::SecretKind::kX509Ca, rule.address));
    }
    for (const policy::ConnectRule& rule : service.network->connect) {
      TRY_VOID(check(rule.identity, policy::SecretKind::kX509, rule.address));
      TRY_VOID(check(rule.server_auth, policy::SecretKind::kX509Ca, rule.address));
    }
  }
  return {};
}

}  // namespace redoubt::cas
