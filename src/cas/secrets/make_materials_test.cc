// SPDX-License-Identifier: Apache-2.0
//
// What is made, kept, taken and refused. That the forms are right is said by other programs: testing/check_forms.
#include <gtest/gtest.h>

#include "cas/secrets/testing/session_text.h"
#include "crypto/certificate_facts.h"
#include "crypto/private_key.h"
#include "crypto/secret_text.h"

namespace redoubt::cas {
namespace {

using policy::Form;

std::string rendered(const policy::Session& session, const Materials& materials, const std::string& name, Form form) {
  const auto bytes = render(secret_of(session, name), materials, form, kNow);
  return bytes ? std::string(bytes->text()) : "error: " + bytes.error().message;
}

std::string_view value_of(const Materials& materials, const std::string& name) {
  return materials.at(name).value.text();
}

TEST(MakeMaterials, ExplicitValuesAreTaken) {
  const auto session = session_with({"{name: a, kind: ascii, value: hello}", "{name: b, kind: binary, value: 00fF}"});
  const Materials materials = made(session);
  EXPECT_EQ(value_of(materials, "a"), "hello");
  EXPECT_EQ(value_of(materials, "b"), std::string_view("\0\xFF", 2));
  EXPECT_EQ(rendered(session, materials, "b", Form::kHex), "00ff");
}

TEST(MakeMaterials, GeneratedValuesDiffer) {
  const auto session = session_with({"{name: a, kind: ascii}", "{name: b, kind: ascii}", "{name: c, kind: binary}"});
  const Materials one = made(session), two = made(session);
  EXPECT_NE(value_of(one, "a"), value_of(one, "b"));
  for (const char* name : {"a", "b", "c"}) EXPECT_NE(value_of(one, name), value_of(two, name));
}

// --- updates ---

TEST(Update, KeepsGeneratedValuesOfSameKindAndSize) {
  const auto before =
      session_with({"{name: a, kind: ascii}", "{name: b, kind: binary, size: 32}", "{name: resized, kind: ascii}",
                    "{name: other_kind, kind: ascii}", "{name: given_before, kind: ascii, value: aaaaaaaaaaaaaaaaaaaa}",
                    "{name: given_after, kind: ascii}", "{name: gone, kind: ascii}"});
  const Materials old = made(before);
  const auto after = session_with({"{name: new, kind: ascii}", "{name: given_after, kind: ascii, value: mine}",
                                   "{name: given_before, kind: ascii}", "{name: other_kind, kind: binary}",
                                   "{name: resized, kind: ascii, size: 21}", "{name: b, kind: binary, size: 32}",
                                   "{name: a, kind: ascii, size: 20}"});
  const Materials now = updated(after, before, old);
  EXPECT_EQ(value_of(now, "a"), value_of(old, "a"));
  EXPECT_EQ(value_of(now, "b"), value_of(old, "b"));
  EXPECT_NE(value_of(now, "resized").substr(0, 20), value_of(old, "resized"));
  EXPECT_EQ(value_of(now, "resized").size(), 21U);
  EXPECT_NE(value_of(now, "other_kind"), value_of(old, "other_kind"));
  EXPECT_NE(value_of(now, "given_before"), value_of(old, "given_before"));
  EXPECT_EQ(value_of(now, "given_after"), "mine");
  EXPECT_FALSE(now.contains("gone"));
  EXPECT_EQ(value_of(now, "new").size(), 20U);
}

TEST(Update, KeepsPrivateKeysOnlyWithMigrateInBoth) {
  const auto before =
      session_with({"{name: both, kind: private-key, migrate: true}",
                    "{name: before, kind: private-key, migrate: true}", "{name: after, kind: private-key}",
                    "{name: neither, kind: private-key}", "{name: type, kind: private-key, migrate: true}"});
  const auto after = session_with(
      {"{name: both, kind: private-key, migrate: true}", "{name: before, kind: private-key}",
       "{name: after, kind: private-key, migrate: true}", "{name: neither, kind: private-key, migrate: false}",
       "{name: type, kind: private-key, key_type: Ed25519, migrate: true}"});
  const Materials old = made(before), now = updated(after, before, old);
  EXPECT_EQ(value_of(now, "both"), value_of(old, "both"));
  for (const char* name : {"before", "after", "neither", "type"}) EXPECT_NE(value_of(now, name), value_of(old, name));
}

TEST(Update, MakesCertificatesAnewWithTheirOwnKeys) {
  const auto session =
      session_with({"{name: kept, kind: private-key, migrate: true}", "{name: ca, kind: x509-ca, private_key: kept}",
                    "{name: own, kind: x509, issuer: ca}"});
  const Materials old = made(session), now = updated(session, session, old);
  for (const char* name : {"ca", "own"}) EXPECT_NE(now.at(name).certificate, old.at(name).certificate);
  EXPECT_EQ(value_of(now, "ca"), value_of(old, "ca"));
  EXPECT_NE(value_of(now, "own"), value_of(old, "own"));
  EXPECT_EQ(now.at("own").chain, std::vector<Bytes>{now.at("ca").certificate});
}

// --- given keys and certificates ---

// A root and a certificate below it, in PEM, made by another session.
struct Pki {
  policy::Session session = session_with({"{name: root_key, kind: private-key}", "{name: leaf_key, kind: private-key}",
                                          "{name: root, kind: x509-ca, private_key: root_key}",
                                          "{name: leaf, kind: x509, private_key: leaf_key, issuer: root}"});
  Materials materials = made(session);

  std::string pem(const std::string& name, Form form) const {
    return quoted_lines(rendered(session, materials, name, form));
  }
  std::string key(const std::string& name) const { return pem(name, Form::kPrivateKeyPem); }
  std::string certificate(const std::string& name) const { return pem(name, Form::kCertificatePem); }
};

TEST(GivenCertificate, HasItsKeyAndItsChain) {
  const Pki pki;
  const auto session =
      session_with({"{name: leaf, kind: x509, private_key: key, issuer: root, value: " + pki.certificate("leaf") + "}",
                    "{name: key, kind: private-key, value: " + pki.key("leaf_key") + "}",
                    "{name: root, kind: x509-ca, value: " + pki.certificate("root") + "}",
                    "{name: alone, kind: x509, value: " + pki.certificate("leaf") + "}"});
  const Materials materials = made(session);
  EXPECT_EQ(value_of(materials, "leaf"), value_of(pki.materials, "leaf_key"));
  EXPECT_EQ(materials.at("leaf").certificate, pki.materials.at("leaf").certificate);
  EXPECT_EQ(materials.at("leaf").chain, pki.materials.at("leaf").chain);
  EXPECT_EQ(materials.at("leaf").renew_after, std::nullopt);
  EXPECT_EQ(rendered(session, materials, "alone", Form::kCertificatePem),
            rendered(pki.session, pki.materials, "leaf", Form::kCertificatePem));
  for (const Form form : {Form::kPrivateKeyPem, Form::kPrivateKeyPkcs8Der, Form::kPkcs12}) {
    EXPECT_TRUE(
        rendered(session, materials, "alone", form).starts_with("error: secret \"alone\": there is no private"));
  }
}

TEST(GivenCertificate, MustFitItsKeyItsIssuerAndItsOrder) {
  const Pki pki;
  const std::string leaf = pki.certificate("leaf"), root = pki.certificate("root");
  const std::string key = "{name: key, kind: private-key, value: " + pki.key("root_key") + "}";
  // The checks of sessions refuse this one already.
  policy::Session foreign_key = session_with({"{name: a, kind: x509, value: " + leaf + "}", key});
  foreign_key.secrets.front().private_key = "key";
  EXPECT_EQ(error_of(make_materials(foreign_key, nullptr, {}, {}, kNow)),
            "secret \"a\": value: expected a certificate for the key \"key\", found one for another key");
  EXPECT_TRUE(error_of(make_materials(session_with({"{name: a, kind: x509, issuer: other, value: " + leaf + "}",
                                                    "{name: other, kind: x509-ca}"}),
                                      nullptr, {}, {}, kNow))
                  .starts_with("secret \"a\": issuer \"other\": expected the authority that made the certificate"));
  const std::string wrong_order = root.substr(0, root.size() - 1) + leaf.substr(1);
  EXPECT_EQ(error_of(make_materials(session_with({"{name: a, kind: x509, value: " + wrong_order + "}"}), nullptr, {},
                                    {}, kNow)),
            "secret \"a\": value: expected every certificate to be followed by its issuer, found one that is not");
  const auto right_order =
      session_with({"{name: a, kind: x509, value: " + leaf.substr(0, leaf.size() - 1) + root.substr(1) + "}"});
  EXPECT_EQ(made(right_order).at("a").chain.size(), 1U);
}

TEST(GivenCertificate, IssuesOnlyAsItMay) {
  const Pki pki;
  const std::string key = "{name: key, kind: private-key, value: " + pki.key("leaf_key") + "}";
  const auto leaf = session_with({"{name: leaf, kind: x509, value: " + pki.certificate("leaf") + "}"});
  policy::Session not_authority = session_with({"{name: a, kind: x509, issuer: ca}", "{name: ca, kind: x509-ca}", key});
  not_authority.secrets[1].private_key = "key";
  not_authority.secrets[1].value = leaf.secrets.front().value;
  EXPECT_TRUE(error_of(make_materials(not_authority, nullptr, {}, {}, kNow))
                  .starts_with("secret \"a\": issuer \"ca\": expected a certificate that may sign others"));
  const std::string root_key = "{name: key, kind: private-key, value: " + pki.key("root_key") + "}";
  const std::string root = "{name: ca, kind: x509-ca, private_key: key, value: " + pki.certificate("root") + "}";
  EXPECT_TRUE(error_of(make_materials(session_with({"{name: a, kind: x509-ca, issuer: ca}", root, root_key}), nullptr,
                                      {}, {}, kNow))
                  .starts_with("secret \"a\": issuer \"ca\": its path length is 0"));
  const auto session = session_with({"{name: a, kind: x509, issuer: ca, valid_for: 100y}", root, root_key});
  EXPECT_TRUE(crypto::certificate_facts(made(session).at("a").certificate)->until ==
              crypto::certificate_facts(pki.materials.at("root").certificate)->until);
  EXPECT_TRUE(error_of(make_materials(session, nullptr, {}, {}, kNow + std::chrono::days(3651)))
                  .starts_with("secret \"a\": issuer \"ca\": its certificate is valid from"));
}

TEST(GivenPublicKey, MustBeThatOfItsPrivateKey) {
  const Pki pki;
  const std::string value = quoted_lines(
      crypto::to_pem(*crypto::PrivateKey::from_pkcs8(pki.materials.at("leaf_key").value.view())->public_der(),
                     "PUBLIC KEY")
          .text());
  const std::string key = "{name: key, kind: private-key, value: " + pki.key("leaf_key") + "}";
  const auto session_of = [&](const std::string& key_line) {
    policy::Session session = session_with({"{name: p, kind: public-key, value: " + value + "}", key_line});
    session.secrets.front().private_key = "key";  // the checks of sessions refuse it beside a value
    return session;
  };
  made(session_of(key));
  EXPECT_TRUE(error_of(make_materials(session_of("{name: key, kind: private-key}"), nullptr, {}, {}, kNow))
                  .starts_with("secret \"p\": value: expected the public key of \"key\""));
}

// --- chains ---

TEST(Chains, AreOfBoundedLengthAndEnd) {
  policy::Session session = session_with({"{name: l, kind: x509}"});
  session.secrets.front().issuer = "c0";
  const auto add = [&](const std::string& name, const std::string& issuer) {
    policy::Secret& secret = session.secrets.emplace_back();
    secret.name = name;
    secret.kind = policy::SecretKind::kX509Ca;
    secret.issuer = issuer;
  };
  for (int level = 0; level < 7; ++level) add("c" + std::to_string(level), "c" + std::to_string(level + 1));
  add("c7", "");
  const Materials materials = made(session);
  EXPECT_EQ(materials.at("l").chain.size(), 8U);
  for (long level = 0; level < 8; ++level) {
    EXPECT_EQ(crypto::certificate_facts(materials.at("c" + std::to_string(level)).certificate)->path_length, level);
  }
  session.secrets.back().issuer = "c8";
  add("c8", "");
  EXPECT_NE(error_of(make_materials(session, nullptr, {}, {}, kNow)).find("at most 8 issuers"), std::string::npos);
  session.secrets.back().issuer = "c0";  // policy refuses circles; CAS must not recurse for ever without it
  EXPECT_NE(error_of(make_materials(session, nullptr, {}, {}, kNow)).find("circle"), std::string::npos);
}

TEST(Chains, ExportedAuthoritiesHaveNoPathLength) {
  const auto session = session_with({"{name: root, kind: x509-ca}", "{name: alone, kind: x509-ca}",
                                     "{name: middle, kind: x509-ca, issuer: root, export: test/below}"});
  const Materials materials = made(session);
  const auto path_length = [&](const char* name) {
    return crypto::certificate_facts(materials.at(name).certificate)->path_length;
  };
  EXPECT_EQ(path_length("root"), std::nullopt);
  EXPECT_EQ(path_length("middle"), std::nullopt);
  EXPECT_EQ(path_length("alone"), 0);
}

// --- imports ---

TEST(Import, AuthorityOfAnotherSessionIssues) {
  const auto owner =
      session_with({"{name: ca, kind: x509-ca, export: test}", "{name: word, kind: ascii, export: test}"});
  const Materials owned = made(owner);
  const auto session =
      session_with({"{name: a, kind: x509, issuer: theirs}", "{name: theirs, import: {session: owner, secret: ca}}",
                    "{name: w, kind: ascii, import: {session: owner, secret: word}}"});
  Materials imported;
  imported.emplace("theirs", owned.at("ca").copy());
  EXPECT_TRUE(error_of(make_materials(session, nullptr, {}, imported, kNow))
                  .starts_with("secret \"w\": it is imported, and \"word\" of session \"owner\" is not there"));
  imported.emplace("w", owned.at("word").copy());
  const auto materials = make_materials(session, nullptr, {}, imported, kNow);
  ASSERT_TRUE(materials) << materials.error().message;
  EXPECT_TRUE(crypto::certificate_issued_by(materials->at("a").certificate, owned.at("ca").certificate));
  EXPECT_EQ(rendered(session, *materials, "w", Form::kText), value_of(owned, "word"));

  imported.at("theirs").value = {};
  EXPECT_TRUE(error_of(make_materials(session, nullptr, {}, imported, kNow))
                  .starts_with("secret \"a\": issuer \"theirs\": expected its private key"));
  imported.insert_or_assign("theirs", owned.at("word").copy());
  EXPECT_TRUE(error_of(make_materials(session, nullptr, {}, imported, kNow))
                  .starts_with("secret \"a\": issuer \"theirs\": expected a secret of kind x509-ca"));
  imported.insert_or_assign("w", owned.at("ca").copy());
  imported.insert_or_assign("theirs", owned.at("ca").copy());
  EXPECT_EQ(
      error_of(make_materials(session, nullptr, {}, imported, kNow)),
      "secret \"w\": expected kind ascii, found that \"word\" of session \"owner\" is of kind x509-ca: correct kind or "
      "leave it out");
}

// --- what cannot be made ---

struct Refused {
  std::string name;
  std::string secret;
  std::string message;  // begins with
};

TEST(Refusals, SayWhatToChange) {
  const std::string key = "{name: key, kind: private-key, key_type: P-384}";
  const Refused kRows[] = {
      {"vault", "{name: s, kind: vault, address: \"https://v\", path: p, field: f}",
       "kind vault: this CAS does not fetch"},
      {"token that sets a time", "{name: s, kind: jwt, signer: key, payload: {exp: 1}}", "payload: expected no exp"},
      {"PGP key that is none", "{name: s, kind: pgp-key, value: abc}", "expected an OpenPGP key in ASCII armor"},
      {"long common name", "{name: s, kind: x509, common_name: " + std::string(65, 'x') + "}",
       "common_name: expected at most 64 characters, found 65"},
      {"lines in a common name", "{name: s, kind: x509, common_name: \"a\\nb\"}", "common_name: expected one line"},
  };
  for (const Refused& row : kRows) {
    const auto session = session_with({row.secret, key});
    const std::string error = error_of(make_materials(session, nullptr, {}, {}, kNow));
    EXPECT_TRUE(error.starts_with("secret \"s\": " + row.message)) << row.name << ": " << error;
  }
  // The checks of sessions refuse these already.
  policy::Session token =
      session_with({"{name: s, kind: jwt, signer: key, payload: {a: b}}", key, "{name: small, kind: private-key}"});
  policy::Session without_claims = token;
  without_claims.secrets.front().parameters["payload"] = "[\"a\"]";
  EXPECT_TRUE(error_of(make_materials(without_claims, nullptr, {}, {}, kNow))
                  .starts_with("secret \"s\": payload: expected a map of claims"));
  token.secrets.front().signer = "small";
  EXPECT_TRUE(
      error_of(make_materials(token, nullptr, {}, {}, kNow)).starts_with("secret \"s\": signer \"small\": expected a"));
}

TEST(Refusals, TextWithNul) {
  policy::Session session = session_with({"{name: s, kind: ascii, value: ab}"});
  session.secrets.front().value->push_back('\0');
  EXPECT_TRUE(error_of(make_materials(session, nullptr, {}, {}, kNow))
                  .starts_with("secret \"s\": value: expected text without NUL bytes"));
}

TEST(Refusals, SessionsThatWouldKeepCasBusy) {
  policy::Session session;
  for (int count = 0; count < 300; ++count) {
    policy::Secret& secret = session.secrets.emplace_back();
    secret.name = "s" + std::to_string(count);
    secret.kind = policy::SecretKind::kBinary;
    secret.size = 64 * 1024;
  }
  const auto refused_with = [&](const char* message) {
    return error_of(make_materials(session, nullptr, {}, {}, kNow)).find(message) != std::string::npos;
  };
  EXPECT_TRUE(refused_with("at most 16 MiB"));
  for (policy::Secret& secret : session.secrets) {
    secret.kind = policy::SecretKind::kPrivateKey;
    secret.key_type = policy::KeyType::kRsa2048;
  }
  EXPECT_TRUE(refused_with("at most 64 generated RSA keys"));
  session.secrets.resize(3000, session.secrets.front());
  for (size_t index = 0; index < session.secrets.size(); ++index) {
    policy::Secret& secret = session.secrets[index];
    secret.name = "s" + std::to_string(index);
    secret.kind = policy::SecretKind::kPrivateKey;
    secret.key_type = policy::KeyType::kEd25519;
  }
  EXPECT_TRUE(refused_with("at most 2048 generated keys and certificates"));
}

TEST(Render, RefusesFormsThatTheKindDoesNotHaveAndUnknownSecrets) {
  const auto session = session_with({"{name: a, kind: ascii}", "{name: k, kind: private-key}"});
  Materials materials = made(session);
  EXPECT_EQ(rendered(session, materials, "a", Form::kHex),
            "error: secret \"a\": secrets of its kind do not have this form");
  EXPECT_TRUE(rendered(session, materials, "k", Form::kText).starts_with("error"));
  EXPECT_TRUE(rendered(session, materials, "k", Form::kRaw).starts_with("error"));
  materials.at("a").value = SecretBytes(std::string_view("a\0b", 3));
  EXPECT_TRUE(rendered(session, materials, "a", Form::kText).starts_with("error: secret \"a\": expected text"));
  materials.erase("a");
  EXPECT_TRUE(rendered(session, materials, "a", Form::kText).starts_with("error: secret \"a\": there is nothing"));
}

TEST(Render, EveryFormThatPolicyHasIsThere) {
  using policy::SecretKind;
  const auto session = session_with(
      {"{name: a, kind: ascii}", "{name: b, kind: binary}", "{name: k, kind: private-key, key_type: P-384}",
       "{name: p, kind: public-key, private_key: k}", "{name: ca, kind: x509-ca}", "{name: c, kind: x509, issuer: ca}",
       "{name: t, kind: jwt, signer: k, payload: {a: b}}", "{name: g, kind: pgp-key}",
       "{name: f, kind: config-fragment, value: {a: b}}"});
  const Materials materials = made(session);
  for (const policy::Secret& secret : session.secrets) {
    for (const policy::FormRow& row : policy::row_of(secret.kind).forms) {
      const auto bytes = render(secret, materials, row.form, kNow);
      EXPECT_TRUE(bytes && !bytes->empty()) << secret.name << ":" << row.spelling;
      EXPECT_TRUE(row.binary || bytes->text().find('\0') == std::string_view::npos);
    }
  }
  EXPECT_EQ(session.secrets.size(), std::size(policy::kSecretKindWords) - 1);  // all but vault
}

}  // namespace
}  // namespace redoubt::cas
