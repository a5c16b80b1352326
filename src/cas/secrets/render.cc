// SPDX-License-Identifier: Apache-2.0
//
// From a material to the bytes of one form. The forms of each kind are the table in policy/secret_kinds.cc; here is one row
// a form. A form of text never has a NUL byte: where it goes, the text would end there.
#include <algorithm>

#include "cas/secrets/certificates.h"
#include "cas/secrets/jwt.h"
#include "cas/secrets/material.h"
#include "crypto/certificate_facts.h"
#include "crypto/openpgp_key.h"
#include "crypto/pkcs12.h"
#include "crypto/private_key.h"
#include "crypto/secret_text.h"

namespace redoubt::cas {
namespace {

using crypto::PrivateKey;
using crypto::TextEncoding;
using policy::Form;

struct Context {
  const policy::Secret& secret;
  const Material& material;
  const Materials& all;
  UtcTime now;
};
using Rendered = Result<SecretBytes, Error>;

std::unexpected<Error> no_key() {
  return fail(ErrorCode::kMalformed, "there is no private key beside the certificate: add private_key, or ask for crt");
}

Result<PrivateKey, Error> key_of(const Material& material) {
  if (material.value.empty()) return no_key();
  return PrivateKey::from_pkcs8(material.value.view());
}

template <TextEncoding kEncoding>
Rendered encoded(const Context& context) {
  return crypto::to_text(context.material.value.view(), kEncoding);
}

Rendered as_it_is(const Context& context) { return context.material.value.copy(); }

Rendered text(const Context& context) {
  if (context.material.kind != policy::SecretKind::kJwt) return as_it_is(context);
  if (context.secret.import) {
    if (context.material.value.empty()) return fail(ErrorCode::kFailed, "its session has not signed it yet");
    return as_it_is(context);
  }
  const auto signer = context.all.find(context.secret.signer);
  if (signer == context.all.end()) {
    return fail(ErrorCode::kFailed, "the signer \"" + context.secret.signer + "\" has no key");
  }
  const PrivateKey key = TRY(key_of(signer->second));
  return make_jwt(context.secret, key, context.now);
}

Rendered private_key_der(const Context& context) {
  const PrivateKey key = TRY(key_of(context.material));
  return key.traditional_der();
}

Rendered private_key_pem(const Context& context) {
  const PrivateKey key = TRY(key_of(context.material));
  const SecretBytes der = TRY(key.traditional_der());
  return crypto::to_pem(der.view(), key.traditional_label());
}

Rendered pkcs8_der(const Context& context) {
  if (context.material.value.empty()) return no_key();
  return context.material.value.copy();
}

Rendered pkcs8_pem(const Context& context) {
  const SecretBytes der = TRY(pkcs8_der(context));
  return crypto::to_pem(der.view(), "PRIVATE KEY");
}

Rendered public_key_pem(const Context& context) { return crypto::to_pem(context.material.value.view(), "PUBLIC KEY"); }

// Of a pgp-key: its public half.
Rendered certificate_der(const Context& context) { return SecretBytes(ByteView(context.material.certificate)); }

Rendered certificate_pem(const Context& context) { return crypto::to_pem(context.material.certificate, "CERTIFICATE"); }

// Who verifies has the root already: a root from the peer proves nothing.
Result<std::vector<Bytes>, Error> issuers_below_root(const Material& material) {
  std::vector<Bytes> issuers;
  for (const Bytes& issuer : material.chain) {
    const crypto::CertificateFacts facts = TRY(crypto::certificate_facts(issuer));
    if (!facts.self_signed) issuers.push_back(issuer);
  }
  return issuers;
}

Rendered chain(const Context& context) {
  const std::vector<Bytes> issuers = TRY(issuers_below_root(context.material));
  std::vector<SecretBytes> blocks;
  blocks.push_back(crypto::to_pem(context.material.certificate, "CERTIFICATE"));
  for (const Bytes& issuer : issuers) blocks.push_back(crypto::to_pem(issuer, "CERTIFICATE"));
  std::vector<ByteView> views;
  views.reserve(blocks.size());
  for (const SecretBytes& block : blocks) views.push_back(block.view());
  return crypto::concatenated(views);
}

Rendered pkcs12(const Context& context) {
  const PrivateKey key = TRY(key_of(context.material));
  const std::vector<Bytes> issuers = TRY(issuers_below_root(context.material));
  return crypto::make_pkcs12(context.secret.name, key, context.material.certificate, issuers);
}

Result<ByteView, Error> pgp_secret(const Context& context) {
  if (!context.material.value.empty()) return context.material.value.view();
  return fail(ErrorCode::kMalformed, "its value is a public key: ask for publickey, or give the private one");
}

Rendered pgp_secret_binary(const Context& context) {
  const ByteView packets = TRY(pgp_secret(context));
  return SecretBytes(packets);
}

Rendered pgp_secret_base64(const Context& context) {
  const ByteView packets = TRY(pgp_secret(context));
  return crypto::to_text(packets, TextEncoding::kBase64);
}

Rendered pgp_secret_armor(const Context& context) {
  const ByteView packets = TRY(pgp_secret(context));
  return crypto::openpgp_armor(packets, "PGP PRIVATE KEY BLOCK");
}

Rendered pgp_public_base64(const Context& context) {
  return crypto::to_text(context.material.certificate, TextEncoding::kBase64);
}

Rendered pgp_public_armor(const Context& context) {
  return crypto::openpgp_armor(context.material.certificate, "PGP PUBLIC KEY BLOCK");
}

struct RenderRow {
  Form form;
  Rendered (*render)(const Context&);
};
constexpr RenderRow kRows[] = {
    {Form::kText, text},
    {Form::kRaw, as_it_is},
    {Form::kHex, encoded<TextEncoding::kHex>},
    {Form::kBase64, encoded<TextEncoding::kBase64>},
    {Form::kBase64Url, encoded<TextEncoding::kBase64Url>},
    {Form::kBase32, encoded<TextEncoding::kBase32>},
    {Form::kBase32NoPadding, encoded<TextEncoding::kBase32NoPadding>},
    {Form::kPrivateKeyPem, private_key_pem},
    {Form::kPrivateKeyDer, private_key_der},
    {Form::kPrivateKeyPkcs8Pem, pkcs8_pem},
    {Form::kPrivateKeyPkcs8Der, pkcs8_der},
    {Form::kPublicKeyPem, public_key_pem},
    {Form::kPublicKeyDer, as_it_is},
    {Form::kCertificatePem, certificate_pem},
    {Form::kCertificateDer, certificate_der},
    {Form::kChain, chain},
    {Form::kPkcs12, pkcs12},
    {Form::kPgpPrivateAscii, pgp_secret_armor},
    {Form::kPgpPrivateBinary, pgp_secret_binary},
    {Form::kPgpPrivateBase64, pgp_secret_base64},
    {Form::kPgpPublicAscii, pgp_public_armor},
    {Form::kPgpPublicBinary, certificate_der},
    {Form::kPgpPublicBase64, pgp_public_base64},
    {Form::kStructure, as_it_is},
};

Rendered render_form(const Context& context, Form form) {
  const auto forms = policy::row_of(context.material.kind).forms;
  const auto known = std::ranges::find(forms, form, &policy::FormRow::form);
  const auto* row = std::ranges::find(kRows, form, &RenderRow::form);
  if (known == forms.end() || row == std::end(kRows)) {
    return fail(ErrorCode::kMalformed, "secrets of its kind do not have this form");
  }
  SecretBytes bytes = TRY(row->render(context));
  if (!known->binary && std::ranges::find(bytes.view(), 0) != bytes.view().end()) {
    return fail(ErrorCode::kMalformed, "expected text, found a NUL byte in it: make it a secret of kind binary");
  }
  return bytes;
}

}  // namespace

Result<SecretBytes, Error> render(const policy::Secret& secret, const Materials& materials, policy::Form form,
                                  UtcTime now) {
  const std::string name = "secret \"" + secret.name + "\"";
  const auto material = materials.find(secret.name);
  if (material == materials.end()) return fail(ErrorCode::kFailed, name + ": there is nothing stored for it");
  Rendered bytes = render_form({secret, material->second, materials, now}, form);
  if (!bytes) return std::unexpected(std::move(bytes.error()).in(name));
  return bytes;
}

}  // namespace redoubt::cas
