// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/secret_source.h"

#include <algorithm>

#include "policy/references.h"
#include "policy/template.h"
#include "wire/attest_protocol.h"

namespace redoubt::cas {

SecretSource::SecretSource(const policy::Session& session, const Materials& materials, UtcTime now,
                           const std::vector<std::string>* provided, const RenderedForms* forms)
    : session_(session),
      materials_(materials),
      now_(now),
      provided_(provided),
      forms_(forms),
      room_(wire::kLargestConfiguration) {}

policy::Lookup SecretSource::lookup() {
  return [this](const policy::Variable& variable, policy::Place place) { return find(variable, place); };
}

policy::Substituted<std::string> SecretSource::find(const policy::Variable& variable, policy::Place place) {
  const auto fail = [&](const std::string& expected, const std::string& found, const std::string& hint) {
    return std::unexpected("expected " + expected + ", found " + found + "; " + hint);
  };
  std::string name;
  const policy::FormRow* row = policy::resolve_form(session_, variable, place, name);
  const auto secret = std::ranges::find(session_.secrets, name, &policy::Secret::name);
  // In a template from a disk nobody checked the names; which secrets exist but are not provided is not told.
  const bool allowed = provided_ == nullptr || std::ranges::find(*provided_, name) != provided_->end();
  if (row == nullptr || secret == session_.secrets.end() || !allowed) {
    return fail("a secret of session \"" + session_.name + "\" that may stand here, in a form it has",
                variable.spelling(), "define it, or list it in provide_secrets of the image");
  }
  const SecretBytes value = TRY(rendered(*secret, row->form));
  return std::string(value.text());
}

policy::Substituted<SecretBytes> SecretSource::form(const std::string& name, policy::Form form) {
  const auto secret = std::ranges::find(session_.secrets, name, &policy::Secret::name);
  if (secret == session_.secrets.end()) {
    return std::unexpected("expected a secret of session \"" + session_.name + "\", found \"" + name +
                           "\"; define it under secrets");
  }
  return rendered(*secret, form);
}

policy::Substituted<SecretBytes> SecretSource::rendered(const policy::Secret& secret, policy::Form form) {
  const bool own = forms_ != nullptr && !secret.import;
  auto value = own ? forms_->render(secret, materials_, form, now_) : render(secret, materials_, form, now_);
  if (!value) return std::unexpected(value.error().message);
  if (value->size() > room_) {
    return std::unexpected("expected at most " + std::to_string(wire::kLargestConfiguration) +
                           " bytes of secrets in one configuration, found more; use large secrets less often");
  }
  room_ -= value->size();
  return *std::move(value);
}

std::optional<SecretBytes> bytes_of_binary(const policy::Session& session, const Materials& materials,
                                           const std::string& text) {
  const auto parts = policy::parse_template(text);
  if (!parts || parts->size() != 1) return std::nullopt;
  const std::optional<policy::Variable>& variable = parts->front().variable;
  if (!variable || !variable->form.empty()) return std::nullopt;
  std::string name;
  policy::resolve_form(session, *variable, policy::Place::kConfiguration, name);
  const auto material = materials.find(name);
  if (material == materials.end() || material->second.kind != policy::SecretKind::kBinary) return std::nullopt;
  return material->second.value.copy();
}

policy::Substituted<SecretBytes> fill_setting(const policy::Session& session, const Materials& materials, UtcTime now,
                                              const std::string& text) {
  SecretSource source(session, materials, now);
  auto filled = policy::fill_template(text, policy::Place::kConfiguration, source.lookup());
  if (!filled) return std::unexpected(std::move(filled.error()));
  SecretBytes out{std::string_view(*filled)};
  wipe(*filled);
  return out;
}

}  // namespace redoubt::cas
