// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/public_value.h"

#include <algorithm>

#include "cas/sessions/imports.h"
#include "cas/sessions/refuse.h"
#include "policy/syntax.h"

namespace redoubt::cas {
namespace {

using policy::Form;
using policy::SecretKind;

constexpr Form kValueForms[] = {
    Form::kText, Form::kRaw, Form::kHex, Form::kBase64, Form::kBase64Url, Form::kBase32, Form::kBase32NoPadding};
constexpr Form kPublicKeyForms[] = {Form::kPublicKeyPem, Form::kPublicKeyDer};
constexpr Form kCertificateForms[] = {Form::kCertificatePem, Form::kCertificateDer, Form::kChain};
constexpr Form kPgpForms[] = {Form::kPgpPublicAscii, Form::kPgpPublicBinary, Form::kPgpPublicBase64};

struct PublicRow {
  SecretKind kind;
  std::string_view usual;  // what no form at all means
  std::span<const Form> forms;
};
constexpr PublicRow kRows[] = {
    {SecretKind::kAscii, "", kValueForms},           {SecretKind::kBinary, "", kValueForms},
    {SecretKind::kPublicKey, "", kPublicKeyForms},   {SecretKind::kX509, "crt", kCertificateForms},
    {SecretKind::kX509Ca, "crt", kCertificateForms}, {SecretKind::kJwt, "", kValueForms},
    {SecretKind::kVault, "", kValueForms},           {SecretKind::kPgpKey, "publickey:asciiarmored", kPgpForms},
};

}  // namespace

Answer<SecretBytes> find_public_value(SessionLoader& loader, const std::string& session, const std::string& secret,
                                      const std::string& form, UtcTime now) {
  const auto missing = refuse(Refusal::kNotFound, "value.public", "a secret with export_public: true",
                              "session=" + printable(session) + ",secret=" + printable(secret),
                              "add export_public: true to the secret if everybody may have it");
  if (!policy::is_session_name(session) || !policy::is_identifier(secret)) return missing;
  Snapshot snapshot = TRY(loader.snapshot(session));
  if (!snapshot.session) return missing;
  const auto& secrets = snapshot.session->session.secrets;
  const auto found = std::ranges::find(secrets, secret, &policy::Secret::name);
  if (found == secrets.end() || !found->export_public) return missing;

  const auto* row = std::ranges::find(kRows, found->kind, &PublicRow::kind);
  const policy::FormRow* asked =
      row == std::end(kRows)
          ? nullptr
          : policy::find_form(found->kind, form.empty() ? row->usual : std::string_view(form), policy::Place::kFile);
  if (asked == nullptr || std::ranges::find(row->forms, asked->form) == row->forms.end()) {
    return refuse(Refusal::kMalformed, "value.form",
                  "a public form of kind " + std::string(policy::word_of(policy::kSecretKindWords, found->kind)),
                  "form=" + printable(form),
                  row == std::end(kRows) ? "add a public-key secret for a private key, and make that public"
                                         : "leave the form out for the usual one");
  }
  snapshot = TRY(with_renewed_certificates(loader, std::move(snapshot), now));
  auto value = render(*found, snapshot.materials->materials, asked->form, now);
  if (!value) return unavailable("public value " + secret + " of session " + session, value.error());
  return *std::move(value);
}

}  // namespace redoubt::cas
