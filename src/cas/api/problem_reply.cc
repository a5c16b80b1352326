// SPDX-License-Identifier: Apache-2.0
#include "cas/api/problem_reply.h"

#include <array>
#include <nlohmann/json.hpp>

#include "wire/attest_protocol.h"

namespace redoubt::cas {
namespace {

struct StatusTitle {
  unsigned status;
  std::string_view title;
};
constexpr auto kTitles = std::to_array<StatusTitle>({
    {400, "The request is malformed"},
    {401, "A client certificate is needed"},
    {403, "Refused"},
    {404, "There is none"},
    {405, "Another method is needed"},
    {408, "The request took too long"},
    {409, "It conflicts with what is there"},
    {413, "The request is too large"},
    {415, "Another content type is needed"},
    {417, "The expectation cannot be met"},
    {422, "The session has mistakes"},
    {431, "The header is too large"},
    {500, "CAS failed"},
    {501, "Not implemented"},
    {503, "CAS cannot do this at the moment"},
});

std::string_view title_of(unsigned status) {
  for (const StatusTitle& row : kTitles) {
    if (row.status == status) return row.title;
  }
  return "Refused";
}

std::string as_json(unsigned status, const Problem& problem) {
  nlohmann::ordered_json json = {
      {"type", "urn:redoubt:problem:" + problem.check},
      {"title", title_of(status)},
      {"status", status},
      {"check", problem.check},
      {"expected", problem.expected},
      {"actual", problem.actual},
      {"remedy", problem.remedy},
  };
  if (!problem.more.empty()) {
    auto mistakes = nlohmann::ordered_json::parse(problem.more, nullptr, false);
    if (mistakes.is_array()) json["mistakes"] = std::move(mistakes);
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

unsigned status_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::kMalformed: return 400;
    case Refusal::kUnauthorised: return 401;
    case Refusal::kForbidden: return 403;
    case Refusal::kNotFound: return 404;
    case Refusal::kConflict: return 409;
    case Refusal::kInvalid: return 422;
    case Refusal::kTooLarge: return 413;
    case Refusal::kUnavailable: return 503;
  }
  return 500;
}

Reply problem_reply(const Problem& problem, ProblemForm form) {
  Reply reply = problem_reply(status_of(problem.refusal), problem, form);
  if (problem.refusal == Refusal::kUnavailable) reply.headers.emplace_back("Retry-After", "1");
  return reply;
}

Reply problem_reply(unsigned status, const Problem& problem, ProblemForm form) {
  if (form == ProblemForm::kJson) return text_reply(kProblemType, as_json(status, problem), status);
  const Bytes bytes = wire::encode(wire::Problem{problem.check, problem.expected, problem.actual, problem.remedy});
  return {status, wire::kWireType, SecretBytes(ByteView(bytes)), {}, true};
}

}  // namespace redoubt::cas
