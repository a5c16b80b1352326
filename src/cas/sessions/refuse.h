// SPDX-License-Identifier: Apache-2.0
//
// How this folder says no. A refusal names its check, what was expected, what was found and what to do; what is wrong inside CAS
// (its store, its audit log) is nobody's business outside: that goes to CAS's own log, the standard error, and outwards there is one
// answer, kUnavailable. Text that came from a client is made printable and short before it goes into a log.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "cas/sessions/problem.h"

namespace redoubt::cas {

inline std::unexpected<Problem> refuse(Refusal refusal, std::string check, std::string expected, std::string actual,
                                       std::string remedy, std::string more = "") {
  return std::unexpected(
      Problem{refusal, std::move(check), std::move(expected), std::move(actual), std::move(remedy), std::move(more)});
}

// One line in CAS's own log: what could not be done, and why. Messages of store, audit log and secrets hold no secrets.
inline void log_failure(std::string_view where, std::string_view message) {
  const std::string line = "redoubt-cas: " + std::string(where) + ": " + std::string(message) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

inline std::unexpected<Problem> unavailable(std::string_view where, std::string_view message) {
  log_failure(where, message);
  return refuse(Refusal::kUnavailable, "cas.unavailable", "CAS to keep and record what it decides", "it cannot",
                "try again later; CAS's own log says why");
}
inline std::unexpected<Problem> unavailable(std::string_view where, const Error& error) {
  return unavailable(where, error.message);
}

// From "expected A, found B; do C", as substitution words it.
inline std::unexpected<Problem> cannot_fill(std::string check, const std::string& where, std::string_view sentence) {
  constexpr std::string_view kExpected = "expected ", kFound = ", found ", kDo = "; ";
  if (sentence.starts_with(kExpected)) sentence.remove_prefix(kExpected.size());
  const size_t found = sentence.find(kFound);
  std::string_view actual = found == std::string_view::npos ? "something else" : sentence.substr(found + kFound.size());
  const size_t what = actual.find(kDo);
  std::string_view remedy = what == std::string_view::npos ? "correct the session" : actual.substr(what + kDo.size());
  return refuse(Refusal::kForbidden, std::move(check), where + ": " + std::string(sentence.substr(0, found)),
                std::string(actual.substr(0, what)), std::string(remedy));
}

// A client's text for a log or a message: printable ASCII, at most `limit` characters.
inline std::string printable(std::string_view text, size_t limit = 512) {
  std::string out(text.substr(0, limit));
  for (char& c : out) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  if (text.size() > limit) out += "...";
  return out;
}

}  // namespace redoubt::cas
