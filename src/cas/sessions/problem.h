// SPDX-License-Identifier: Apache-2.0
//
// Why CAS refuses, for whoever asked: becomes problem+json (RFC 9457) or a wire::Problem in api/. Never holds a secret.
#pragma once

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace redoubt::cas {

enum class Refusal : uint8_t {
  kMalformed,     // 400: the request itself
  kUnauthorised,  // 401: a client certificate is needed
  kForbidden,     // 403: known, and not allowed; also evidence that is not accepted
  kNotFound,      // 404: there is none, or the client may not know
  kConflict,      // 409: exists already, or the predecessor is not the present session
  kInvalid,       // 422: a session with mistakes
  kTooLarge,      // 413
  kUnavailable,   // 503: the store or the audit log failed; details are in CAS's own log only
};

struct Problem {
  Refusal refusal;
  std::string check;     // stable, dotted: "session.predecessor", "quote.signature"
  std::string expected;  // the three others are sentences without a full stop
  std::string actual;
  std::string remedy;
  std::string more;  // a JSON array for clients (the mistakes of a session), or empty
};

template <typename T>
using Answer = Result<T, Problem>;

}  // namespace redoubt::cas
