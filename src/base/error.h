// SPDX-License-Identifier: Apache-2.0
//
// The error type of services, verifiers and tools: `Result<T, Error>`. (The runtime speaks Errno, base/result.h.)
// The message is for people: what was expected, what was found. Each layer adds what it knows once, in front.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace redoubt {

enum class ErrorCode {
  kMalformed,    // input does not have the form its specification asks for
  kUnsupported,  // well-formed, but a version or algorithm that is not implemented
  kUnauthentic,  // a signature or a binding does not hold
  kFailed,       // a library or the system refused
};

struct Error {
  ErrorCode code;
  std::string message;

  // `return std::unexpected(std::move(error).in("TCB info"));` gives "TCB info: ...".
  Error in(std::string_view context) && { return {code, std::string(context) + ": " + std::move(message)}; }
};

inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace redoubt
