// SPDX-License-Identifier: Apache-2.0
#include "policy/secret_kinds.h"

#include <algorithm>

namespace redoubt::policy {
namespace {

using Words = std::string_view;

constexpr FormRow kTextForms[] = {{"", Form::kText, false, false}};
// A binary secret by its name alone: its bytes where bytes can be, digits where a NUL byte would end the text.
constexpr FormRow kBinaryForms[] = {
    {"", Form::kRaw, true, false},           {"", Form::kHex, false, false},
    {"bin", Form::kRaw, true, false},        {"hex", Form::kHex, false, false},
    {"base64", Form::kBase64, false, false}, {"base64url", Form::kBase64Url, false, false},
    {"base32", Form::kBase32, false, false}, {"base32nopad", Form::kBase32NoPadding, false, false},
};
constexpr FormRow kPrivateKeyForms[] = {
    {"", Form::kPrivateKeyPem, false, false},
    {"pem", Form::kPrivateKeyPem, false, false},
    {"der", Form::kPrivateKeyDer, true, false},
    {"pkcs8", Form::kPrivateKeyPkcs8Pem, false, false},
    {"pkcs8:pem", Form::kPrivateKeyPkcs8Pem, false, false},
    {"pkcs8:der", Form::kPrivateKeyPkcs8Der, true, false},
};
constexpr FormRow kPublicKeyForms[] = {
    {"", Form::kPublicKeyPem, false, false},
    {"spki", Form::kPublicKeyPem, false, false},
    {"spki:pem", Form::kPublicKeyPem, false, false},
    {"spki:der", Form::kPublicKeyDer, true, false},
};
constexpr FormRow kCertificateForms[] = {
    {"crt", Form::kCertificatePem, false, false},
    {"crt:pem", Form::kCertificatePem, false, false},
    {"crt:der", Form::kCertificateDer, true, false},
    {"privatekey", Form::kPrivateKeyPem, false, true},
    {"privatekey:pem", Form::kPrivateKeyPem, false, true},
    {"privatekey:der", Form::kPrivateKeyDer, true, true},
    {"privatekey:pkcs8", Form::kPrivateKeyPkcs8Pem, false, true},
    {"privatekey:pkcs8:pem", Form::kPrivateKeyPkcs8Pem, false, true},
    {"privatekey:pkcs8:der", Form::kPrivateKeyPkcs8Der, true, true},
    {"chain", Form::kChain, false, false},
    {"pkcs12-with-private-key", Form::kPkcs12, true, true},
};
constexpr FormRow kPgpForms[] = {
    {"privatekey:asciiarmored", Form::kPgpPrivateAscii, false, false},
    {"privatekey:binary", Form::kPgpPrivateBinary, true, false},
    {"privatekey:base64", Form::kPgpPrivateBase64, false, false},
    {"publickey:asciiarmored", Form::kPgpPublicAscii, false, false},
    {"publickey:binary", Form::kPgpPublicBinary, true, false},
    {"publickey:base64", Form::kPgpPublicBase64, false, false},
};
constexpr FormRow kFragmentForms[] = {{"", Form::kStructure, false, false}};

constexpr Words kSizeKeys[] = {"size"};
constexpr Words kPrivateKeyKeys[] = {"key_type", "migrate"};
constexpr Words kPublicKeyKeys[] = {"private_key"};
constexpr Words kCertificateKeys[] = {"private_key", "issuer", "common_name", "endpoint", "san", "dns", "valid_for"};
constexpr Words kJwtKeys[] = {"signer", "alg", "validity", "payload"};
constexpr Words kVaultKeys[] = {"address", "path", "field", "ca", "auth"};
constexpr Words kJwtRequired[] = {"signer", "payload"};
constexpr Words kVaultRequired[] = {"address", "path", "field"};
constexpr Words kValueRequired[] = {"value"};
constexpr Words kCommonKeys[] = {"name", "kind", "value", "export", "export_public", "import"};

constexpr KindRow kKinds[] = {
    {SecretKind::kAscii, kSizeKeys, kTextForms, {}, true},
    {SecretKind::kBinary, kSizeKeys, kBinaryForms, {}, true},
    {SecretKind::kPrivateKey, kPrivateKeyKeys, kPrivateKeyForms, {}, true},
    {SecretKind::kPublicKey, kPublicKeyKeys, kPublicKeyForms, kPublicKeyKeys, true},
    {SecretKind::kX509Ca, kCertificateKeys, kCertificateForms, {}, true},
    {SecretKind::kX509, kCertificateKeys, kCertificateForms, {}, true},
    {SecretKind::kJwt, kJwtKeys, kTextForms, kJwtRequired, false},
    {SecretKind::kPgpKey, {}, kPgpForms, {}, true},
    {SecretKind::kConfigFragment, {}, kFragmentForms, kValueRequired, true},
    {SecretKind::kVault, kVaultKeys, kTextForms, kVaultRequired, false},
};

const FormRow* find_in(std::span<const FormRow> forms, std::string_view spelling, Place place) {
  const bool bytes = place == Place::kFile;
  for (const FormRow& row : forms) {
    const bool structure = row.form == Form::kStructure;
    if (row.spelling == spelling && (bytes || !row.binary) && (!structure || place == Place::kConfiguration)) {
      return &row;
    }
  }
  return nullptr;
}

}  // namespace

const KindRow& row_of(SecretKind kind) { return *std::ranges::find(kKinds, kind, &KindRow::kind); }

const FormRow* find_form(SecretKind kind, std::string_view spelling, Place place) {
  if (kind != SecretKind::kImported) return find_in(row_of(kind).forms, spelling, place);
  for (const KindRow& row : kKinds) {
    if (const FormRow* found = find_in(row.forms, spelling, place)) return found;
  }
  return nullptr;
}

std::vector<std::string_view> form_spellings(SecretKind kind) {
  std::vector<std::string_view> spellings;
  if (kind == SecretKind::kImported) return spellings;
  for (const FormRow& row : row_of(kind).forms) {
    const std::string_view shown = row.spelling.empty() ? "(none)" : row.spelling;
    if (std::ranges::find(spellings, shown) == spellings.end()) spellings.push_back(shown);
  }
  return spellings;
}

bool kind_has_key(SecretKind kind, std::string_view key) {
  if (std::ranges::find(kCommonKeys, key) != std::end(kCommonKeys)) return true;
  return kind != SecretKind::kImported && std::ranges::find(row_of(kind).keys, key) != row_of(kind).keys.end();
}

}  // namespace redoubt::policy
