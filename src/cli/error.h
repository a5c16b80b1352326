// SPDX-License-Identifier: Apache-2.0
//
// The error type of the command line: what goes to the person at the terminal, and the status the command exits with.
// A message says what was expected, what was found and what to do; the layer that reports it adds "redoubt: " once.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/result.h"  // TRY
#include "cli/exit_status.h"

namespace redoubt::cli {

struct Error {
  ExitStatus status;
  std::string message;
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ExitStatus status, std::string message) {
  return std::unexpected(Error{status, std::move(message)});
}

}  // namespace redoubt::cli
