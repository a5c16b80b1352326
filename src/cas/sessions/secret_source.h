// SPDX-License-Identifier: Apache-2.0
//
// Fills texts of one session with its secrets: what policy/substitute.h asks for bytes. Refuses what the reader may not name, and
// stops when all that was put in together is more than an answer can hold (a small text may name a large secret often).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/secret_bytes.h"
#include "base/utc_time.h"
#include "cas/secrets/material.h"
#include "cas/sessions/rendered_forms.h"
#include "policy/session.h"
#include "policy/substitute.h"

namespace redoubt::cas {

class SecretSource {
 public:
  // `provided`: the names that may be used; null: all. All arguments must outlive it.
  // `forms`: of the session's own secrets, that is, of all in `materials` that are not imported; null: none are kept.
  SecretSource(const policy::Session& session, const Materials& materials, UtcTime now,
               const std::vector<std::string>* provided = nullptr, const RenderedForms* forms = nullptr);

  policy::Lookup lookup();
  // One form of the secret of that name. An error is a sentence: expected ..., found ...; what to do.
  policy::Substituted<SecretBytes> form(const std::string& name, policy::Form form);

 private:
  policy::Substituted<std::string> find(const policy::Variable& variable, policy::Place place);
  policy::Substituted<SecretBytes> rendered(const policy::Secret& secret, policy::Form form);

  const policy::Session& session_;
  const Materials& materials_;
  const UtcTime now_;
  const std::vector<std::string>* provided_;
  const RenderedForms* forms_;
  size_t room_;
};

// The bytes of the binary secret that a setting names. nullopt: it is something else than one variable of one, without a form.
std::optional<SecretBytes> bytes_of_binary(const policy::Session& session, const Materials& materials,
                                           const std::string& text);

// The text with its secrets, for settings such as the access token.
policy::Substituted<SecretBytes> fill_setting(const policy::Session& session, const Materials& materials, UtcTime now,
                                              const std::string& text);

}  // namespace redoubt::cas
