// SPDX-License-Identifier: Apache-2.0
#include "policy/relations.h"

#include <gtest/gtest.h>

#include "policy/check.h"

namespace redoubt::policy {
namespace {

// A key, another key, and a certificate of the first that is no authority's; each as the inside of a YAML text in double quotes.
constexpr char kKey[] =
    "-----BEGIN EC PRIVATE KEY-----\\n"
    "MHcCAQEEIH2uhMXjoHLwanq/42UM8L4JsIDrqayqW3SZQa9k4P4AoAoGCCqGSM49\\n"
    "AwEHoUQDQgAERvAMGtYkptCXGk99Py/edM7yDIxYL9l3fCF9dXfq+6HLK40yKDGJ\\n"
    "dx9iawvWU6VrqmCY/g5SfbzwMavfmfQ3RQ==\\n"
    "-----END EC PRIVATE KEY-----\\n";
constexpr char kOtherKey[] =
    "-----BEGIN EC PRIVATE KEY-----\\n"
    "MHcCAQEEIBQoidKzqEUiVsSCvHyrpQEXO6zRB7k9YGVCIsWW+uwXoAoGCCqGSM49\\n"
    "AwEHoUQDQgAEcpz188e0oY8WllJOucAkStfWP91jH4pwUNFFkk3MY+wnb+SL4UUy\\n"
    "X1QHx4QvONjYNTfclzqBWIhOprlDlfkx3Q==\\n"
    "-----END EC PRIVATE KEY-----\\n";
constexpr char kLeaf[] =
    "-----BEGIN CERTIFICATE-----\\n"
    "MIIBeDCCAR6gAwIBAgIUXtlgOr8eur0TwncBf138lEKP3gswCgYIKoZIzj0EAwIw\\n"
    "EjEQMA4GA1UEAwwHZXhhbXBsZTAgFw0yNjExMjIxNzUyMjlaGA8yMTI2MTAyOTE3\\n"
    "NTIyOVowEjEQMA4GA1UEAwwHZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEH\\n"
    "A0IABEbwDBrWJKbQlxpPfT8v3nTO8gyMWC/Zd3whfXV36vuhyyuNMigxiXcfYmsL\\n"
    "1lOla6pgmP4OUn288DGr35n0N0WjUDBOMB0GA1UdDgQWBBSF7rDYp1zzm3qZ09nI\\n"
    "zml9VaXj9DAfBgNVHSMEGDAWgBSF7rDYp1zzm3qZ09nIzml9VaXj9DAMBgNVHRMB\\n"
    "Af8EAjAAMAoGCCqGSM49BAMCA0gAMEUCIDl32S1wrPtgiHmcQw3aefCCZ8uUvBcb\\n"
    "XAYP2/4QquhcAiEA7/hTH5YhmXPTC1AQw/ME56BwfN2G0blCNtnWx+0uxso=\\n"
    "-----END CERTIFICATE-----\\n";

// The only mistake of a session with these secrets, or nothing.
std::string said_of(const std::string& secrets) {
  CheckedSession checked = check_session("name: s\nversion: \"0.3\"\nsecrets: [" + secrets + "]\n");
  std::erase_if(checked.mistakes, [](const Mistake& one) { return one.expected.starts_with("CAS refuses"); });
  EXPECT_LE(checked.mistakes.size(), 1u);
  return checked.mistakes.empty() ? "" : describe(checked.mistakes[0]);
}

void expect(const std::string& secrets, const std::string& part) {
  const std::string said = said_of(secrets);
  EXPECT_NE(said.find(part), std::string::npos) << secrets << "\n" << said;
  EXPECT_EQ(said.empty(), part.empty()) << secrets << "\n" << said;
}

std::string private_key(const char* value) {
  return std::string("{name: k, kind: private-key, value: \"") + value + "\"}, ";
}
std::string certificate(const char* kind) {
  return std::string("{name: c, kind: ") + kind + ", private_key: k, value: \"" + kLeaf + "\"}";
}

TEST(Relations, CertificateAndKey) {
  expect(private_key(kKey) + certificate("x509"), "");
  expect(private_key(kOtherKey) + certificate("x509"),
         "error: secrets[1].private_key: expected the private key of the certificate, found \"k\", another key");
  expect("{name: k, kind: private-key}, " + certificate("x509"),
         "expected a private key by value, since the certificate");
  expect(private_key(kKey) + certificate("x509-ca"), "secrets[1].value: expected the certificate of an authority");
  expect("{name: k, kind: private-key, import: {session: o, secret: k}}, " + certificate("x509"), "");
}

TEST(Relations, KeyOfAToken) {
  const std::string token = "{name: t, kind: jwt, signer: k, payload: {sub: x}}";
  expect("{name: k, kind: private-key, key_type: P-384}, " + token, "");
  expect("{name: k, kind: private-key}, " + token,
         "secrets[1].signer: expected a P-384 key, which ES384 needs, found \"k\", P-256; add key_type: P-384");
  expect(private_key(kKey) + token, "found \"k\", P-256; give another key");
  expect("{name: k, import: {session: o, secret: k}}, " + token, "");
  expect("{name: k, kind: private-key, key_type: P-384}, {name: t, kind: jwt, signer: k, payload: x}",
         "expected a map of claims");
}

TEST(Relations, OtherKinds) {
  expect(
      "{name: p, kind: pgp-key, value: \"-----BEGIN PGP PUBLIC KEY BLOCK-----\\n\\nx\\n-----END PGP PUBLIC KEY "
      "BLOCK-----\"}",
      "");
  expect("{name: p, kind: pgp-key, value: \"-----BEGIN PGP PUBLIC KEY BLOCK-----\\n\"}", "with its END line");
  expect("{name: p, kind: pgp-key, value: \"-----BEGIN CERTIFICATE-----\"}", "found another block");
  expect("{name: v, kind: vault, address: \"https://v:8200\", path: a, field: b}", "");
  expect("{name: v, kind: vault, address: \"http://v:8200\", path: a, field: b}",
         "warning: secrets[0].address: insecure");
  expect("{name: v, kind: vault, address: \"v:8200\", path: a, field: b}", "expected an address https://HOST[:PORT]");
  expect("{name: v, kind: vault, address: \"https://v\", path: a, field: b, ca: x}",
         "expected a certificate in PEM, or an x509-ca");
  expect("{name: v, kind: vault, address: \"https://v\", path: a, field: b, ca: c}, {name: c, kind: x509-ca}", "");
}

TEST(Relations, NeverQuoteAKey) {
  for (const char* kind : {"x509", "x509-ca"}) {
    EXPECT_EQ(said_of(private_key(kOtherKey) + certificate("x509")).find("BEGIN"), std::string::npos) << kind;
  }
}

}  // namespace
}  // namespace redoubt::policy
