// SPDX-License-Identifier: Apache-2.0
//
// The kinds of secrets: which keys each may have beside the common ones, and in which forms a variable can ask for it
// ($$SCONE::name:form$$). One table, read by the parser, the checks and, for the forms, by whoever makes the bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "policy/choices.h"

namespace redoubt::policy {

// Where a variable stands decides what can be there: arguments and the environment end at a NUL byte, files do not.
enum class Place : uint8_t { kArgument, kEnvironment, kFile, kConfiguration };

// What to make of a secret. PEM, hexadecimal and the like are text; DER, PKCS #12 and raw are bytes.
enum class Form : uint8_t {
  kText,  // as it is
  kRaw,
  kHex,
  kBase64,
  kBase64Url,
  kBase32,
  kBase32NoPadding,
  kPrivateKeyPem,  // SEC 1 or PKCS #1, as the key type has it; PKCS #8 for Ed25519
  kPrivateKeyDer,
  kPrivateKeyPkcs8Pem,
  kPrivateKeyPkcs8Der,
  kPublicKeyPem,  // SubjectPublicKeyInfo
  kPublicKeyDer,
  kCertificatePem,
  kCertificateDer,
  kChain,   // PEM, from the certificate up to below the root
  kPkcs12,  // certificate, chain and key, with an empty password
  kPgpPrivateAscii,
  kPgpPrivateBinary,
  kPgpPrivateBase64,
  kPgpPublicAscii,
  kPgpPublicBinary,
  kPgpPublicBase64,
  kStructure,  // the value of a config-fragment
};

struct FormRow {
  std::string_view spelling;  // after the name and a colon; empty: the name alone
  Form form;
  bool binary;       // may hold NUL bytes
  bool private_key;  // needs the private key of a certificate
};

struct KindRow {
  SecretKind kind;
  std::span<const std::string_view> keys;      // besides name, kind, value, export, export_public, import
  std::span<const FormRow> forms;              // of two rows with one spelling, the first that fits the place counts
  std::span<const std::string_view> required;  // unless there is a value or an import
  bool may_have_value;
};

// Precondition: not kImported.
const KindRow& row_of(SecretKind kind);

// The form `spelling` asks for; nullptr when `kind` has no such form for that place. For kImported any kind's form is one.
const FormRow* find_form(SecretKind kind, std::string_view spelling, Place place);

// The spellings that `kind` has, for messages; "(none)" for the name alone.
std::vector<std::string_view> form_spellings(SecretKind kind);

// Every key that some kind has, common ones included.
bool kind_has_key(SecretKind kind, std::string_view key);

}  // namespace redoubt::policy
