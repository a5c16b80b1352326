// SPDX-License-Identifier: Apache-2.0
//
// An update that only says which code may run, as every new release of a program needs: what programs of the old session hold and
// what those of the new one get must still work together, and in which form of session they do.
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include <memory>

#include "cas/sessions/testing/attester.h"
#include "crypto/openssl_pointers.h"

namespace redoubt::cas {
namespace {

// A service with a server's certificate, a client's, and generated values. `key_parameters`: of the named private keys; empty: the
// certificates have keys of their own. `code`: the hash of the program.
std::string release(const std::string& key_parameters, const std::string& code, const std::string& authority = "") {
  const bool named = !key_parameters.empty();
  const auto key = [&](const std::string& name) {
    return named ? "{name: " + name + "_key, kind: private-key, " + key_parameters + "}, " : "";
  };
  const auto with_key = [&](const std::string& name) { return named ? ", private_key: " + name + "_key" : ""; };
  const std::string ca = authority.empty()
                             ? key("ca") + "{name: ca, kind: x509-ca, common_name: shop CA" + with_key("ca") + "}"
                             : authority;
  return "name: shop\nversion: \"0.3\"\nservices:\n  - name: cache\n    attestation: {mrenclave: " +
         test_measurement() + "}\n    code: {/usr/bin/cache: " + code +
         "}\n    command: [/usr/bin/cache]\n    environment: {" +
         "A_CA: \"$$SCONE::ca:crt$$\", B_SERVER: \"$$SCONE::server:crt$$\", C_CLIENT: \"$$SCONE::client:crt$$\", " +
         "D_KEY: \"$$SCONE::server:privatekey$$\", E_PASSWORD: \"$$SCONE::password$$\", F_RAW: "
         "\"$$SCONE::raw:hex$$\"}\n" +
         "security: {attestation: {tolerate: [hyperthreading]}}\nsecrets: [" + ca + ", " + key("server") +
         key("client") + "{name: server, kind: x509, issuer: ca, endpoint: server, san: [\"dns:localhost\"]" +
         with_key("server") + "}, " + "{name: client, kind: x509, issuer: ca, endpoint: client" + with_key("client") +
         "}, " + "{name: password, kind: ascii}, {name: raw, kind: binary}]\n";
}

struct Given {
  std::string ca, server, client, key, password, raw;
};

Given start(TestCas& cas) {
  TestConnection connection(cas);
  const auto accepted = connection.start();
  EXPECT_TRUE(accepted) << check_of(accepted);
  const auto answer = connection.report_code();
  wire::Configuration configuration;
  if (!answer || !wire::decode(answer->view(), configuration) || configuration.environment.size() != 6) {
    ADD_FAILURE() << check_of(answer);
    return {};
  }
  const auto value = [&](size_t index) { return std::string(configuration.environment[index].value); };
  return {value(0), value(1), value(2), value(3), value(4), value(5)};
}

void update(TestCas& cas, const std::string& yaml) {
  cas.put(yaml + "predecessor: " + cas.sessions.hash(cas.owner, "shop").value() + "\n");
}

crypto::X509Pointer parsed(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                          BIO_free_all);
  return crypto::X509Pointer(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

// What a TLS peer does that trusts `ca` and is shown `certificate`.
bool trusts(const std::string& ca, const std::string& certificate, const TestCas& cas) {
  const crypto::X509Pointer root = parsed(ca), shown = parsed(certificate);
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), X509_STORE_free);
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(X509_STORE_CTX_new(),
                                                                                X509_STORE_CTX_free);
  X509_STORE_add_cert(store.get(), root.get());
  X509_STORE_CTX_init(context.get(), store.get(), shown.get(), nullptr);
  X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context.get()), cas.now.time_since_epoch().count());
  return X509_verify_cert(context.get()) == 1;
}

const std::string kOldCode(64, 'a');
const std::string kNewCode(64, 'b');

TEST(SessionUpdate, OfTheCodeKeepsGeneratedValues) {
  TestCas cas;
  cas.put(release("", kOldCode));
  const Given before = start(cas);
  update(cas, release("", kNewCode));
  const Given after = start(cas);
  EXPECT_EQ(after.password, before.password);
  EXPECT_EQ(after.raw, before.raw);
}

// The form to use: running clients and servers of the old session work with those of the new one, both ways.
TEST(SessionUpdate, WithMigratedKeysOldAndNewTrustEachOther) {
  TestCas cas;
  cas.put(release("migrate: true", kOldCode));
  const Given before = start(cas);
  ASSERT_TRUE(trusts(before.ca, before.server, cas));
  for (const std::string& code : {kNewCode, kOldCode, kNewCode}) {
    update(cas, release("migrate: true", code));
    const Given after = start(cas);
    EXPECT_NE(after.server, before.server);  // made anew, with the key it had
    EXPECT_EQ(after.key, before.key);
    EXPECT_EQ(after.password, before.password);
    EXPECT_TRUE(trusts(before.ca, after.server, cas));  // a client that still runs, and a server that was started
    EXPECT_TRUE(trusts(after.ca, before.client, cas));  // a client that still runs shows its certificate
    EXPECT_TRUE(trusts(after.ca, before.server, cas));
    EXPECT_TRUE(trusts(after.ca, after.client, cas));
  }
}

// What the reference says of certificates: made anew. So an authority with a key of its own is another one after every update.
TEST(SessionUpdate, AnAuthorityWithItsOwnKeyIsAnotherOne) {
  for (const char* keys : {"", "migrate: false"}) {
    TestCas cas;
    cas.put(release(keys, kOldCode));
    const Given before = start(cas);
    update(cas, release(keys, kNewCode));
    const Given after = start(cas);
    EXPECT_TRUE(trusts(after.ca, after.server, cas));
    EXPECT_FALSE(trusts(before.ca, after.server, cas)) << keys;
    EXPECT_FALSE(trusts(after.ca, before.client, cas)) << keys;
  }
}

// The other way that works: the authority lives in a session that is not updated with the program.
TEST(SessionUpdate, AnImportedAuthorityStays) {
  TestCas cas;
  cas.put("name: pki\nversion: \"0.3\"\nsecrets: [{name: ca, kind: x509-ca, export: [{session: shop}]}]\n");
  const std::string imported = "{name: ca, import: {session: pki, secret: ca}}";
  cas.put(release("", kOldCode, imported));
  const Given before = start(cas);
  update(cas, release("", kNewCode, imported));
  const Given after = start(cas);
  EXPECT_EQ(after.ca, before.ca);
  EXPECT_TRUE(trusts(before.ca, after.server, cas));
  EXPECT_TRUE(trusts(after.ca, before.client, cas));
}

}  // namespace
}  // namespace redoubt::cas
