// SPDX-License-Identifier: Apache-2.0
//
// A jwt of another session: signed with that session's key at every start, while the key stays there.
#include "cas/sessions/imports.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cas/sessions/public_keys.h"
#include "cas/sessions/testing/attester.h"

namespace redoubt::cas {
namespace {

std::string signing_session(const std::string& rest = ", export: [{session: shop}]") {
  return "name: identity\nversion: \"0.3\"\nsecrets: [{name: key, kind: private-key, key_type: P-384, migrate: true}, "
         "{name: open, kind: public-key, private_key: key, export_public: true}, {name: token, kind: jwt, signer: key, "
         "validity: {for: 1h}, payload: {sub: cache}" +
         rest + "}]\n";
}

std::string importing_session() {
  std::string yaml = shop_session();
  const std::string own = "{name: pw, kind: ascii, value: canary-5c1}";
  return yaml.replace(yaml.find(own), own.size(), "{name: pw, import: {session: identity, secret: token}}");
}

std::string bytes_of(std::string part) {
  for (char& c : part) c = c == '-' ? '+' : c == '_' ? '/' : c;
  const size_t padding = (4 - part.size() % 4) % 4;
  part.append(padding, '=');
  std::string bytes(part.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(part.data()), static_cast<int>(part.size()));
  bytes.resize(static_cast<size_t>(std::max(size, 0)) - padding);
  return bytes;
}

// The check that refused, or the token that the program got.
std::string token(TestCas& cas) {
  TestConnection connection(cas);
  EXPECT_TRUE(connection.start());
  const auto answer = connection.report_code();
  if (!answer) return answer.error().check;
  wire::Configuration configuration;
  EXPECT_TRUE(wire::decode(answer->view(), configuration));
  return std::string(configuration.arguments.at(2));
}

nlohmann::json claims(const std::string& token) {
  const size_t first = token.find('.'), last = token.rfind('.');
  EXPECT_LT(first, last) << token;
  if (first >= last) return {};
  return nlohmann::json::parse(bytes_of(token.substr(first + 1, last - first - 1)), nullptr, false);
}

TEST(ImportedToken, IsSignedAtEveryStart) {
  TestCas cas;
  cas.put(signing_session());
  cas.put(importing_session());
  const nlohmann::json first = claims(token(cas));
  EXPECT_EQ(first["sub"], "cache");
  EXPECT_EQ(first["iat"], cas.now.time_since_epoch().count());
  EXPECT_EQ(first["exp"], cas.now.time_since_epoch().count() + 3600);
  cas.now += std::chrono::minutes(10);
  EXPECT_EQ(claims(token(cas))["iat"], cas.now.time_since_epoch().count());
}

TEST(ImportedToken, VerifiesWithTheKeyOfItsSession) {
  TestCas cas;
  cas.put(signing_session());
  cas.put(importing_session());
  const std::string text = token(cas);
  const size_t last = text.rfind('.');
  const std::string raw = bytes_of(text.substr(last + 1));
  ASSERT_EQ(raw.size(), 96U);
  const auto pem = cas.sessions.public_value("identity", "open", "");
  ASSERT_TRUE(pem);
  // The signature of RFC 7518 (r and s side by side) as DER, which OpenSSL verifies.
  const auto* bytes = reinterpret_cast<const unsigned char*>(raw.data());
  ECDSA_SIG* pair = ECDSA_SIG_new();
  ECDSA_SIG_set0(pair, BN_bin2bn(bytes, 48, nullptr), BN_bin2bn(bytes + 48, 48, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair, &der);
  ECDSA_SIG_free(pair);
  EXPECT_TRUE(signature_verifies(pem->text(), as_bytes(std::string_view(text).substr(0, last)),
                                 {der, static_cast<size_t>(size)}));
  OPENSSL_free(der);
}

TEST(ImportedToken, EndsWithItsExport) {
  TestCas cas;
  cas.put(signing_session());
  cas.put(importing_session());
  EXPECT_NE(token(cas).find('.'), std::string::npos);
  cas.put(signing_session("") + "predecessor: " + cas.sessions.hash(cas.owner, "identity").value() + "\n");
  EXPECT_EQ(token(cas), "session.import");
}

TEST(ImportedToken, IsNotSignedWithAKeyThatIsImportedItself) {
  TestCas cas;
  cas.put(
      "name: keys\nversion: \"0.3\"\nsecrets: [{name: key, kind: private-key, key_type: P-384, export: [{session: "
      "identity}]}]\n");
  cas.put(
      "name: identity\nversion: \"0.3\"\nsecrets: [{name: key, import: {session: keys, secret: key}}, {name: token, "
      "kind: jwt, signer: key, payload: {sub: x}, export: [{session: shop}]}]\n");
  const auto answer = cas.sessions.put(cas.owner, "shop", importing_session(), {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().check, "session.import");
}

}  // namespace
}  // namespace redoubt::cas
