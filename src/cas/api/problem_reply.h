// SPDX-License-Identifier: Apache-2.0
//
// A refusal as HTTP: problem+json (RFC 9457) for people's tools, wire::Problem for the runtime. The members check, expected,
// actual, remedy are extensions of ours, and `mistakes` where a session has some.
#pragma once

#include "cas/api/request.h"
#include "cas/sessions/problem.h"

namespace redoubt::cas {

enum class ProblemForm { kJson, kWire };

unsigned status_of(Refusal refusal);

Reply problem_reply(const Problem& problem, ProblemForm form);
// The same with a status that no Refusal has: 405, 408, 411, 415, 417, 501, 505.
Reply problem_reply(unsigned status, const Problem& problem, ProblemForm form);

}  // namespace redoubt::cas
