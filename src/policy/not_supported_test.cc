// SPDX-License-Identifier: Apache-2.0
#include "policy/not_supported.h"

#include <gtest/gtest.h>

#include "policy/check.h"

namespace redoubt::policy {
namespace {

#define M1 "2c4de8cbe6725f7e11f2f5240bc7e0b7fe0651f2997a48c87ca38918574ef076"

constexpr char kHead[] = "name: s\nversion: \"0.3\"\n";

struct Row {
  std::string body;
  std::string where;
  std::string word;  // of the message
};
const Row kRows[] = {
    {"security: {singleton_enclaves: true}", "3:", "singleton_enclaves"},
    {"security: {attestation: {must_be_sgx_local: true}}", "3:", "must_be_sgx_local"},
    {"services: [{name: a, code: {/a: " M1 "}, attestation: {mrenclave: " M1 "}, platforms: [x]}]", "3:", "platforms"},
    {"secrets: [{name: v, kind: vault, address: \"https://v\", path: a, field: b}]", "3:", "kind vault"},
    {"security: $$SCONE::f$$\nsecrets: [{name: f, kind: config-fragment, value: {singleton_enclaves: true}}]",
     "4:", "singleton_enclaves"},
};

TEST(NotSupported, IsAWarningAtTheDeskAndAMistakeAtCas) {
  for (const Row& row : kRows) {
    const CheckedSession desk = check_session(kHead + row.body + "\n");
    ASSERT_EQ(desk.mistakes.size(), 1U) << row.body;
    EXPECT_TRUE(desk.session) << row.body;
    const std::string said = describe(desk.mistakes[0]);
    EXPECT_TRUE(said.starts_with(row.where)) << said;
    EXPECT_NE(said.find("warning: "), std::string::npos) << said;
    EXPECT_NE(said.find("CAS refuses " + row.word + ": "), std::string::npos) << said;

    const CheckedSession cas = check_session(kHead + row.body + "\n", nullptr, Severity::kError);
    EXPECT_FALSE(cas.session) << row.body;
    ASSERT_EQ(cas.mistakes.size(), 1U) << row.body;
    EXPECT_NE(describe(cas.mistakes[0]).find(row.word), std::string::npos) << row.body;
    EXPECT_FALSE(cas.mistakes[0].hint.empty());
  }
}

TEST(NotSupported, WhatIsSwitchedOffIsFine) {
  const std::string off =
      "security: {singleton_enclaves: false, attestation: {must_be_sgx_local: false}}\n"
      "secrets: [{name: v, import: {session: o, secret: v}}]\n";
  EXPECT_TRUE(check_session(kHead + off, nullptr, Severity::kError).mistakes.empty());
}

TEST(NotSupported, ImportsFromTooManySessions) {
  const auto importing = [](size_t sessions) {
    std::string body = std::string(kHead) + "secrets:\n";
    for (size_t index = 0; index < sessions * 2; ++index) {
      body += "  - {name: n" + std::to_string(index) + ", import: {session: s" + std::to_string(index / 2) +
              ", secret: x}}\n";
    }
    return check_session(body, nullptr, Severity::kError);
  };
  EXPECT_TRUE(importing(kMostExporters).session);
  const CheckedSession refused = importing(kMostExporters + 1);
  EXPECT_FALSE(refused.session);
  EXPECT_EQ(refused.mistakes.at(0).where, "secrets");
}

// However many warnings there are, none of these is lost among them.
TEST(NotSupported, StaysWhenThereAreTooManyMistakes) {
  std::string body = std::string(kHead) + "secrets:\n";
  for (int index = 0; index < 2000; ++index) {
    body += "  - {name: n" + std::to_string(index) + ", kind: ascii, export_public: true}\n";
  }
  EXPECT_FALSE(check_session(body + "security: {singleton_enclaves: true}\n", nullptr, Severity::kError).session);
}

TEST(Boards, CountEachSignerOnce) {
  const std::string key =
      "\"-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEARYoq4xMMoow+VL56nEC9gd0LMJ5Z4/obbanFhK54ADQ=\\n"
      "-----END PUBLIC KEY-----\\n\"";
  const auto said = [&](const std::string& board) {
    const CheckedSession checked = check_session(kHead + ("access_policy: {" + board + "}\n"));
    return checked.mistakes.empty() ? "" : describe(checked.mistakes[0]);
  };
  EXPECT_EQ(said("update: [{require-all: [{signer: " + key + "}]}]"), "");
  EXPECT_NE(said("update: [{require-at-least-2: [{signer: " + key + "}, {require-all: [{signer: " + key + "}]}]}]")
                .find("each signer once in a board"),
            std::string::npos);
  EXPECT_NE(said("read: [{signer: " + key + "}]").find("a signer has no effect here"), std::string::npos);
}

}  // namespace
}  // namespace redoubt::policy
