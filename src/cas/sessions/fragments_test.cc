// SPDX-License-Identifier: Apache-2.0
//
// config-fragments of other sessions: what they say counts at every decision, as their session says it then.
#include "cas/sessions/fragments.h"

#include <gtest/gtest.h>

#include "cas/sessions/testing/attester.h"

namespace redoubt::cas {
namespace {

const std::string kImport =
    "secrets: [{name: f, kind: config-fragment, import: {session: policy, secret: f}}, {name: pw, kind: ascii}]\n";

// A session "policy" that exports its fragment "f" to "shop".
std::string exporter(const std::string& value, const std::string& exports = "[{session: shop}]") {
  return "name: policy\nversion: \"0.3\"\nsecrets: [{name: f, kind: config-fragment, value: " + value +
         (exports.empty() ? "" : ", export: " + exports) + "}]\n";
}

// The session "shop" whose service is attested by what `attestation` says.
std::string shop(const std::string& attestation = "[$$SCONE::f$$]", const std::string& rest = "") {
  return "name: shop\nversion: \"0.3\"\nservices:\n  - name: cache\n    attestation: " + attestation +
         "\n    code: {/usr/bin/cache: " + kTestHash +
         "}\n    command: [/usr/bin/cache, \"$$SCONE::pw$$\"]\nsecurity: {attestation: {tolerate: "
         "[hyperthreading]}}\n" +
         kImport + rest;
}

std::string variant() { return "[{mrenclave: " + test_measurement() + "}]"; }
std::string other_variant() { return "[{mrenclave: " + std::string(64, '7') + "}]"; }

class FragmentsTest : public testing::Test {
 protected:
  Answer<SessionReply> put(const Client& client, const std::string& yaml) {
    const std::string name = yaml.substr(6, yaml.find('\n') - 6);
    const auto present = cas_.sessions.hash(cas_.owner, name);
    return cas_.sessions.put(client, name, present ? yaml + "predecessor: " + *present + "\n" : yaml, {});
  }
  void must_put(const std::string& yaml) {
    const auto answer = put(cas_.owner, yaml);
    ASSERT_TRUE(answer) << answer.error().check << ": " << answer.error().actual << answer.error().more;
  }
  static std::string refused(const Answer<SessionReply>& answer) { return answer ? "" : answer.error().check; }
  // The check that refused a start; "" when the program got its configuration.
  std::string start() {
    TestConnection connection(cas_);
    const auto accepted = connection.start();
    return accepted ? check_of(connection.report_code()) : accepted.error().check;
  }

  TestCas cas_;
  const Client guest_ = make_client("guest");
};

TEST_F(FragmentsTest, DecideWhatAttests) {
  must_put(exporter(variant()));
  must_put(shop());
  EXPECT_EQ(start(), "");
  EXPECT_EQ(start(), "");  // from the cache
  // Whoever changes the exporter changes the decision at the next start, without touching the importer.
  must_put(exporter(other_variant()));
  EXPECT_EQ(start(), "measurement");
  must_put(exporter("[{mrenclave: [" + std::string(64, '7') + ", " + test_measurement() + "]}]"));
  EXPECT_EQ(start(), "");
  EXPECT_EQ(cas_.audit.detail("fragments").size(), 64U);
  must_put(exporter(variant(), "[{session: other}]"));
  EXPECT_EQ(start(), "session.fragment");
  EXPECT_EQ(cas_.audit.last(), "attest.refused/refused");
  must_put(exporter(variant()));
  EXPECT_EQ(start(), "");
}

TEST_F(FragmentsTest, AreBesideWhatTheSessionSaysItself) {
  must_put(exporter(other_variant()));
  must_put(shop("[{mrenclave: " + test_measurement() + "}, $$SCONE::f$$]"));
  EXPECT_EQ(start(), "");
  // Nothing is given away while a part of the decision is missing.
  must_put(exporter(other_variant(), ""));
  EXPECT_EQ(start(), "session.fragment");
}

TEST_F(FragmentsTest, LeaveTheIdentityOfTheSessionAlone) {
  must_put(exporter(variant()));
  must_put(shop());
  const std::string hash = cas_.sessions.hash(cas_.owner, "shop").value();
  EXPECT_EQ(hash, cas_.sessions.hash(cas_.owner, "shop").value());
  must_put(exporter(other_variant()));
  EXPECT_EQ(cas_.sessions.hash(cas_.owner, "shop").value(), hash);
  // So an export may be pinned to it.
  must_put(exporter(variant(), "[{session: shop, session_hash: " + hash + "}]"));
  EXPECT_EQ(start(), "");
  must_put(exporter(variant(), "[{session: shop, session_hash: " + std::string(64, '1') + "}]"));
  EXPECT_EQ(start(), "session.fragment");
}

TEST_F(FragmentsTest, ArePutOnlyWhenTheyFit) {
  EXPECT_EQ(refused(put(cas_.owner, shop())), "session.fragment");  // no such session
  must_put(exporter(variant(), "[{session: other}]"));
  EXPECT_EQ(refused(put(cas_.owner, shop())), "session.fragment");  // not for this one
  must_put("name: policy\nversion: \"0.3\"\nsecrets: [{name: f, kind: ascii, value: x, export: [{session: shop}]}]\n");
  EXPECT_EQ(refused(put(cas_.owner, shop())), "session.fragment");  // no fragment
  must_put(exporter("[{mrenclave: x}]"));
  const auto answer = put(cas_.owner, shop());
  ASSERT_EQ(refused(answer), "session.check");
  EXPECT_NE(answer.error().more.find("services[0].attestation[0].mrenclave"), std::string::npos);
  must_put(exporter(variant()));
  EXPECT_EQ(refused(put(cas_.owner, shop())), "");
  // Not from itself.
  EXPECT_FALSE(put(cas_.owner,
                   "name: self\nversion: \"0.3\"\naccess_policy: {read: $$SCONE::f$$}\nsecrets: [{name: f, kind: "
                   "config-fragment, import: {session: self, secret: f}}]\n"));
}

TEST_F(FragmentsTest, ThatDoNotFitAnyMoreStopTheStart) {
  must_put(exporter(variant()));
  must_put(shop());
  for (const char* value : {"[{mrenclave: x}]", "{a: b}", "[]", "[\"$$SCONE::nobody$$\"]"}) {
    must_put(exporter(value));
    EXPECT_EQ(start(), "session.fragment") << value;
  }
  EXPECT_EQ(cas_.audit.all().find("nobody"), std::string::npos);
}

// What CAS refuses in a text it refuses from a fragment.
TEST_F(FragmentsTest, BringInNothingThatIsNotEnforced) {
  const std::string text =
      "name: shop\nversion: \"0.3\"\nservices: [{name: cache, attestation: {mrenclave: " + test_measurement() +
      "}, code: {/usr/bin/cache: " + kTestHash + "}, command: [/usr/bin/cache]}]\nsecurity: $$SCONE::f$$\n" + kImport;
  must_put(exporter("{singleton_enclaves: true}"));
  EXPECT_EQ(refused(put(cas_.owner, text)), "session.check");
  must_put(exporter("{attestation: {tolerate: [hyperthreading]}}"));
  must_put(text);
  EXPECT_EQ(start(), "");
  must_put(exporter("{attestation: {tolerate: [hyperthreading]}, singleton_enclaves: true}"));
  EXPECT_EQ(start(), "session.fragment");
}

TEST_F(FragmentsTest, DecideWhoMayReadAndUpdate) {
  must_put(exporter("[" + guest_.key_hash + "]"));
  const std::string text =
      "name: shop\nversion: \"0.3\"\naccess_policy: {read: [CREATOR, $$SCONE::f$$], update: "
      "[CREATOR, $$SCONE::f$$], list_sessions: $$SCONE::f$$}\n" +
      kImport;
  must_put(text);
  EXPECT_TRUE(cas_.sessions.read(guest_, "shop"));
  EXPECT_EQ(cas_.sessions.list(guest_, "", "").value(), std::vector<std::string>{"shop"});
  EXPECT_EQ(refused(put(guest_, text + "salt: 000102030405060708090a0b0c0d0e0f\n")), "");
  must_put(exporter("[" + make_client("third").key_hash + "]"));
  EXPECT_FALSE(cas_.sessions.read(guest_, "shop"));
  EXPECT_EQ(refused(put(guest_, text)), "session.access-policy");
  EXPECT_TRUE(cas_.sessions.list(guest_, "", "").value().empty());
  EXPECT_TRUE(cas_.sessions.read(cas_.owner, "shop"));
}

// Another session cannot shut the owner out; and nobody gets in because a fragment is gone.
TEST_F(FragmentsTest, ThatAreGoneTakePermissionsAndGiveNone) {
  must_put(exporter("[" + guest_.key_hash + "]"));
  const std::string text =
      "name: shop\nversion: \"0.3\"\naccess_policy: {read: [CREATOR, $$SCONE::f$$], list_sessions: $$SCONE::f$$}\n";
  must_put(text + kImport);
  for (const char* gone : {"[ANY, ANYBODY]", "[CREATOR]"}) {
    must_put(exporter(gone, std::string(gone) == "[CREATOR]" ? "" : "[{session: shop}]"));
    EXPECT_FALSE(cas_.sessions.read(guest_, "shop")) << gone;
    EXPECT_FALSE(cas_.sessions.read(Client{}, "shop")) << gone;
    EXPECT_TRUE(cas_.sessions.read(cas_.owner, "shop")) << gone;
    EXPECT_EQ(cas_.sessions.list(cas_.owner, "", "").value(), std::vector<std::string>{"policy"}) << gone;
  }
  must_put("name: shop\nversion: \"0.3\"\n");  // the way out
}

TEST_F(FragmentsTest, DecideWhoCreatesBelow) {
  must_put(exporter("[" + guest_.key_hash + "]"));
  must_put("name: shop\nversion: \"0.3\"\naccess_policy: {create_sessions: $$SCONE::f$$}\n" + kImport);
  EXPECT_EQ(refused(put(cas_.owner, "name: shop/a\nversion: \"0.3\"\n")), "session.access-policy");
  EXPECT_EQ(refused(put(guest_, "name: shop/a\nversion: \"0.3\"\n")), "");
  must_put(exporter("[NONE]"));
  EXPECT_EQ(refused(put(guest_, "name: shop/b\nversion: \"0.3\"\n")), "session.access-policy");
}

}  // namespace
}  // namespace redoubt::cas
