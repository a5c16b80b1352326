// SPDX-License-Identifier: Apache-2.0
//
// config-fragment: what it becomes, and what is safe to assume while it is not known. Mistakes are in check_test.cc.
#include "policy/fragments.h"

#include <gtest/gtest.h>

#include "policy/session_hash.h"

namespace redoubt::policy {
namespace {

#define M1 "2c4de8cbe6725f7e11f2f5240bc7e0b7fe0651f2997a48c87ca38918574ef076"
#define M2 "9fa48b1629bb246a1aea3d38ccdd5a4e80d0f4d4ff4b5a1ae3e0c7b6a5d49382"

constexpr char kHead[] = "name: s\nversion: \"0.3\"\n";
constexpr char kService[] = "services: [{name: a, code: {/a: " M1 "}, ";

CheckedSession check(const std::string& body, const ImportedFragments* imported = nullptr) {
  return check_session(kHead + body + "\n", imported);
}
Session session_of(const std::string& body, const ImportedFragments* imported = nullptr) {
  const CheckedSession checked = check(body, imported);
  EXPECT_TRUE(checked.session) << body << describe(checked.mistakes.at(0));
  return checked.session.value_or(Session());
}

TEST(Fragments, MeanWhatTheyHold) {
  struct Row {
    std::string with;
    std::string written_out;
  };
  const Row rows[] = {
      {std::string(kService) +
           "attestation: $$SCONE::f$$}]\nsecrets: [{name: f, kind: config-fragment, value: {mrenclave: " M1 "}}]",
       std::string(kService) + "attestation: {mrenclave: " M1 "}}]"},
      {std::string(kService) + "attestation: [{mrenclave: " M1
                               "}, $$SCONE::f$$]}]\nsecrets: [{name: f, kind: config-fragment, value: [{mrenclave: " M2
                               ", signer: {mrsigner: " M1 ", isvsvn: 3}}]}]",
       std::string(kService) + "attestation: [{mrenclave: " M1 "}, {mrenclave: " M2 ", signer: {mrsigner: " M1
                               ", isvsvn: 3}}]}]"},
      {std::string(kService) + "mrenclaves: [" M1 "], platforms: [x, $$SCONE::f$$, y]}]\nsecrets: [{name: f, kind: "
                               "config-fragment, value: [p, q]}]",
       std::string(kService) + "mrenclaves: [" M1 "], platforms: [x, p, q, y]}]"},
      {"access_policy: {read: [CREATOR, $$SCONE::f$$]}\nsecrets: [{name: f, kind: config-fragment, value: [" M1 "]}]",
       "access_policy: {read: [CREATOR, " M1 "]}"},
      {"security: {attestation: {tolerate: [hyperthreading, $$SCONE::f$$], must_be_sgx_local: $$SCONE::t$$}}\nsecrets: "
       "[{name: f, kind: config-fragment, value: [outdated-tcb]}, {name: t, kind: config-fragment, value: true}]",
       "security: {attestation: {tolerate: [hyperthreading, outdated-tcb], must_be_sgx_local: true}}"},
  };
  for (const Row& row : rows) {
    Session with = session_of(row.with);
    EXPECT_TRUE(with.unresolved_fragments.empty());
    with.secrets.clear();
    EXPECT_EQ(canonical_form(with).canonical_json(), canonical_form(session_of(row.written_out)).canonical_json());
  }
}

TEST(Fragments, OfAnotherSessionAreFilledInWhenGiven) {
  const std::string imports = "secrets: [{name: f, kind: config-fragment, import: {session: o, secret: p}}]";
  const std::string body = std::string(kService) + "attestation: [$$SCONE::f$$]}]\n" + imports;
  // The other session's model is where CAS takes it from.
  const Session other =
      session_of("secrets: [{name: p, kind: config-fragment, value: [{signer: {mrsigner: " M1 ", isvprodid: 7}}]}]");
  const ImportedFragments imported = {{{"o", "p"}, other.secrets[0].parameters.at("fragment")}};
  const CheckedSession checked = check(body, &imported);
  ASSERT_TRUE(checked.session) << describe(checked.mistakes.at(0));
  EXPECT_TRUE(checked.mistakes.empty());
  EXPECT_TRUE(checked.session->unresolved_fragments.empty());
  ASSERT_EQ(checked.session->services[0].attestation.size(), 1u);
  EXPECT_EQ(checked.session->services[0].attestation[0].signer->isvprodid, 7);

  const ImportedFragments bad = {{{"o", "p"}, "[{\"mrenclave\":\"x\"}]"}};
  const CheckedSession refused = check(body, &bad);
  EXPECT_FALSE(refused.session);
  EXPECT_EQ(refused.mistakes.at(0).where, "services[0].attestation[0].mrenclave");
  const ImportedFragments of_others = {{{"o", "q"}, "[]"}};
  EXPECT_EQ(session_of(body, &of_others).unresolved_fragments.size(), 1u);
}

// What is read while a part is missing must never accept more than the whole would.
TEST(Fragments, ThatAreMissingGiveNothingAway) {
  const std::string imports = "\nsecrets: [{name: f, kind: config-fragment, import: {session: o, secret: p}}]";
  const std::string service = kService;
  EXPECT_TRUE(session_of(service + "attestation: $$SCONE::f$$}]" + imports).services[0].attestation.empty());
  EXPECT_TRUE(session_of(service + "attestation: [$$SCONE::f$$]}]" + imports).services[0].attestation.empty());
  EXPECT_TRUE(
      session_of(service + "attestation: {mrenclave: $$SCONE::f$$}}]" + imports).services[0].attestation.empty());
  EXPECT_TRUE(session_of(service + "attestation: {mrenclave: [" M1 ", $$SCONE::f$$]}}]" + imports)
                  .services[0]
                  .attestation.empty());
  EXPECT_TRUE(session_of(service + "attestation: [{mrenclave: " M1 ", signer: $$SCONE::f$$}]}]" + imports)
                  .services[0]
                  .attestation.empty());
  const AccessPolicy policy =
      session_of(
          "access_policy: {read: $$SCONE::f$$, update: [$$SCONE::f$$], create_sessions: [{require-at-least-1: "
          "[$$SCONE::f$$]}]}" +
          imports)
          .access_policy;
  EXPECT_EQ(policy.read.at(0).kind, PrincipalKind::kNone);
  EXPECT_EQ(policy.update.at(0).kind, PrincipalKind::kNone);
  EXPECT_EQ(policy.create_sessions.at(0).threshold, UINT32_MAX);
  const Session secured = session_of("security: {attestation: {mode: $$SCONE::f$$}}" + imports);
  EXPECT_EQ(secured.security.mode, AttestationMode::kHardware);
  ASSERT_EQ(secured.unresolved_fragments.size(), 1u);
  EXPECT_EQ(secured.unresolved_fragments[0].where, "security.attestation.mode");
  EXPECT_EQ(secured.unresolved_fragments[0].session, "o");
}

TEST(Fragments, DoNotMultiply) {
  std::string body = "secrets: [{name: f, kind: config-fragment, value: [";
  for (int index = 0; index < 1000; ++index) body += "x, ";
  body += "x]}]\nservices: [{name: a, code: {/a: " M1 "}, mrenclaves: [" M1 "], platforms: [";
  for (int index = 0; index < 1000; ++index) body += "$$SCONE::f$$, ";
  const CheckedSession checked = check(body + "y]}]");
  EXPECT_FALSE(checked.session);
  ASSERT_EQ(checked.mistakes.size(), 2u);  // the first: CAS refuses platforms
  EXPECT_NE(describe(checked.mistakes[1]).find("more once fragments are filled in"), std::string::npos);
}

}  // namespace
}  // namespace redoubt::policy
