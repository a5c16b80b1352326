// SPDX-License-Identifier: Apache-2.0
#include "cas/api/problem_reply.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "wire/attest_protocol.h"

namespace redoubt::cas {
namespace {

const Problem kProblem{Refusal::kConflict,         "session.predecessor", "ab", "cd",
                       "name the present session", R"([{"line":3}])"};

TEST(ProblemReply, Json) {
  const Reply reply = problem_reply(kProblem, ProblemForm::kJson);
  EXPECT_EQ(reply.status, 409u);
  EXPECT_EQ(reply.content_type, kProblemType);
  EXPECT_FALSE(reply.close);
  const auto json = nlohmann::json::parse(reply.body.text());
  EXPECT_EQ(json["type"], "urn:redoubt:problem:session.predecessor");
  EXPECT_EQ(json["status"], 409);
  EXPECT_EQ(json["expected"], "ab");
  EXPECT_EQ(json["remedy"], "name the present session");
  EXPECT_EQ(json["mistakes"][0]["line"], 3);
}

TEST(ProblemReply, Wire) {
  const Reply reply = problem_reply(kProblem, ProblemForm::kWire);
  EXPECT_EQ(reply.content_type, wire::kWireType);
  EXPECT_TRUE(reply.close);
  wire::Problem problem;
  ASSERT_TRUE(wire::decode(reply.body.view(), problem));
  EXPECT_EQ(problem.check, "session.predecessor");
  EXPECT_EQ(problem.actual, "cd");
}

TEST(ProblemReply, EveryRefusalHasItsStatus) {
  const std::pair<Refusal, unsigned> rows[] = {{Refusal::kMalformed, 400}, {Refusal::kUnauthorised, 401},
                                               {Refusal::kForbidden, 403}, {Refusal::kNotFound, 404},
                                               {Refusal::kConflict, 409},  {Refusal::kInvalid, 422},
                                               {Refusal::kTooLarge, 413},  {Refusal::kUnavailable, 503}};
  for (const auto& [refusal, status] : rows) EXPECT_EQ(status_of(refusal), status);
  EXPECT_EQ(problem_reply({Refusal::kUnavailable, "c", "", "", "", ""}, ProblemForm::kJson).headers.at(0).first,
            "Retry-After");
}

TEST(ProblemReply, BytesThatAreNoTextStayJson) {
  const Reply reply = problem_reply({Refusal::kMalformed, "c", "\xff\"", "a", "r", "no json"}, ProblemForm::kJson);
  const auto json = nlohmann::json::parse(reply.body.text(), nullptr, false);
  EXPECT_TRUE(json.is_object());
  EXPECT_FALSE(json.contains("mistakes"));
}

}  // namespace
}  // namespace redoubt::cas
