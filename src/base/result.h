// SPDX-License-Identifier: Apache-2.0
//
// The error type of the runtime: a Linux errno, carried by std::expected. No exceptions, no strings.
// System-call handlers speak the kernel's own convention instead (a value, or -errno, in one int64_t);
// `to_raw` turns a Result into that form at the very edge.
#pragma once

#include <cerrno>
#include <cstdint>
#include <expected>

namespace redoubt {

// A Linux error number. kOk exists only so that a zero errno has a name; it is never an error value.
enum class Errno : int { kOk = 0 };

constexpr Errno as_errno(int number) { return static_cast<Errno>(number); }
constexpr int number_of(Errno error) { return static_cast<int>(error); }

// Services, verifiers and the command line carry an error of their own: `Result<T, Error>` (base/error.h).
template <typename T, typename E = Errno>
using Result = std::expected<T, E>;

// `return fail(ENOENT);`
constexpr std::unexpected<Errno> fail(int number) { return std::unexpected(as_errno(number)); }

// The kernel returns errors as values in [-4095, -1].
constexpr bool is_error(int64_t raw) { return raw < 0 && raw >= -4095; }

// For calls whose values are never negative: a negative number that is no error code is an answer no kernel gives, EIO.
constexpr Result<uint64_t> from_raw(int64_t raw) {
  if (is_error(raw)) return fail(static_cast<int>(-raw));
  if (raw < 0) return fail(EIO);
  return static_cast<uint64_t>(raw);
}

template <typename T>
constexpr int64_t to_raw(const Result<T>& result) {
  if (!result) return -number_of(result.error());
  return static_cast<int64_t>(*result);
}

constexpr int64_t to_raw(const Result<void>& result) { return result ? 0 : -number_of(result.error()); }

}  // namespace redoubt

// Passes an error on to the caller, or yields the value: `auto fd = TRY(open_file(path));`
// Not beside other values with destructors in one expression, such as the members of an aggregate: GCC 12 does not
// destroy those that were made before when a statement expression returns.
#define TRY(expression)                                          \
  __extension__({                                                \
    auto&& try_result = (expression);                            \
    if (!try_result) return std::unexpected(try_result.error()); \
    *std::move(try_result);                                      \
  })
// The same for Result<void>.
#define TRY_VOID(expression)                                     \
  do {                                                           \
    auto&& try_result = (expression);                            \
    if (!try_result) return std::unexpected(try_result.error()); \
  } while (false)
