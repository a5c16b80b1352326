// SPDX-License-Identifier: Apache-2.0
//
// The words of `redoubt run --trace-filter LIST`: which lines of --trace are wanted. A list is words with commas between them:
//
//   openat       a system call
//   %file        a family of calls (trace_filter.cc says which there are)
//   fd=3         what names this descriptor, as argument, in a set of poll or select, or as result
//   failed       what ended with an error
//   !WORD        not that
//
// Words of one kind add up (read,write: either), kinds restrict one another (read,fd=3,failed: all three), and what stands behind
// ! is never shown. Names and families are those of the table's rows, worked out when this is compiled: the command checks a list
// with the same function as the runtime, and links none of the shim for it.
#pragma once

#include <bitset>
#include <cstdint>
#include <expected>
#include <string_view>
#include <vector>

namespace redoubt::shim {

struct TraceFilter {
  static constexpr size_t kUnknown = 511;  // the bit that stands for all numbers without a row

  enum class Ending : uint8_t { kAny, kFailed, kSucceeded };

  std::bitset<kUnknown + 1> calls = ~std::bitset<kUnknown + 1>();  // by number
  std::vector<int> descriptors;                                    // empty: whatever they are
  std::vector<int> unwanted_descriptors;
  Ending ending = Ending::kAny;
};

// The empty list is no filter. Error: the first word that means nothing, as it stands in `list`.
std::expected<TraceFilter, std::string_view> parse_trace_filter(std::string_view list);

// What a word can be, for messages: "failed", "%file" and so on, then the names of all calls.
std::vector<std::string_view> trace_filter_words();

// The sentence about a wrong word, without a suggestion: "a system call, %family, ..."
inline constexpr std::string_view kTraceFilterExpected =
    "a system call, a %family, fd=NUMBER or failed, each also with ! before it";

}  // namespace redoubt::shim
