// SPDX-License-Identifier: Apache-2.0
//
// What is made of a CAS's answers, some of which come from a CAS that means ill. Requests are tested against a server in
// tests/checks/cas_commands.sh and tests/e2e/session_commands.sh.
#include "cli/cas_api.h"

#include <gtest/gtest.h>

namespace redoubt::cli {
namespace {

TEST(CasApi, EncodesNamesForTargets) {
  EXPECT_EQ(encode_for_url("shop/a-b._~9", true), "shop/a-b._~9");
  EXPECT_EQ(encode_for_url("shop/a", false), "shop%2Fa");
  EXPECT_EQ(encode_for_url("a b?c=d&e,f%\xc3\xa9\n", true), "a%20b%3Fc%3Dd%26e%2Cf%25%C3%A9%0A");
}

TEST(CasApi, NoEscapeSequenceReachesATerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\nc\x7f"), "a?[31mb?c?");
  EXPECT_EQ(printable("a\nb\tc\r", true), "a\nb\tc?");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m \xc3\xa9 \xc2\xa0"),
            "?31m \xc3\xa9 \xc2\xa0");
}

TEST(CasApi, ProblemsSayWhatToDo) {
  const CasReply reply{
      409, "application/problem+json",
      R"({"check":"session.predecessor","expected":"the present hash","actual":"another","remedy":"read it\u001b[2J"})"};
  EXPECT_EQ(describe_problem(reply, {}),
            "CAS refused (status 409): session.predecessor\n  expected  the present hash\n  found     another\n"
            "  to do     read it?[2J");
}

TEST(CasApi, MistakesAreShownWithTheFile) {
  const CasReply reply{
      422, "application/problem+json",
      R"({"check":"session.mistakes","mistakes":[{"severity":"error","line":3,"column":1,"where":"secretz",
                           "expected":"a known key","found":"\"secretz\"","hint":"did you mean \"secrets\"?"}, 7]})"};
  const std::string text = describe_problem(reply, {false, "cache.yml"});
  EXPECT_NE(text.find("\ncache.yml:3:1: error: secretz: expected a known key"), std::string::npos) << text;
}

TEST(CasApi, OtherAnswersAreNoProblem) {
  for (const char* body : {"", "<html>", "[]", "{}", R"({"check":7,"mistakes":{}})", "{\"check\":"}) {
    EXPECT_NE(describe_problem({502, "", body}, {}).find("502"), std::string::npos);
  }
}

}  // namespace
}  // namespace redoubt::cli
