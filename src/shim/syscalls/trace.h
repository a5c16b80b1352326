// SPDX-License-Identifier: Apache-2.0
//
// One line of text for one system call, in the manner of strace, decoded by the types in the call's own row, so a new
// row is traced without another word. Program memory is read with the fault-safe copies: a bad pointer is printed as an
// address. Nothing here allocates or takes a lock, so the crash report can print a thread's last call with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "shim/syscalls/row.h"

namespace redoubt::shim {

// Longest string or buffer that a line shows, in bytes; the rest is "...".
inline constexpr size_t kTraceStringLimit = 64;
// Most elements of an array that a line shows.
inline constexpr size_t kTraceElementLimit = 8;

// Writes `name(arguments) = result` to `buffer`, NUL-terminated and without a newline, and returns its length. A line
// that does not fit ends in "...". `row` is nullptr for an unknown number. Without a result (the call has not come
// back, or will not), the result is `?` and what the call would write is an address.
size_t format_call(char* buffer, size_t capacity, const Row* row, uint64_t number, const uint64_t (&args)[6],
                   std::optional<int64_t> result);

}  // namespace redoubt::shim
