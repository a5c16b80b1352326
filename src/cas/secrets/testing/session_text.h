// SPDX-License-Identifier: Apache-2.0
//
// For the tests of this folder: sessions from the lines of their secrets, through the checks that every session passes.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "cas/secrets/material.h"
#include "policy/check.h"

namespace redoubt::cas {

inline constexpr UtcTime kNow = utc_time_from_unix(1'790'000'000);

// `secrets`: one line a secret, as a YAML map: "{name: a, kind: ascii}".
inline policy::Session session_with(std::initializer_list<std::string> secrets) {
  std::string yaml = "name: test\nversion: \"0.3\"\nsecrets:\n";
  for (const std::string& secret : secrets) yaml += "  - " + secret + "\n";
  policy::CheckedSession checked = policy::check_session(yaml);
  for (const policy::Mistake& mistake : checked.mistakes) {
    if (mistake.severity != policy::Severity::kError) continue;
    ADD_FAILURE() << mistake.where << ": expected " << mistake.expected << ", found " << mistake.found;
  }
  return checked.session.value_or(policy::Session());
}

inline const policy::Secret& secret_of(const policy::Session& session, const std::string& name) {
  return *std::ranges::find(session.secrets, name, &policy::Secret::name);
}

inline Materials made(const policy::Session& session, UtcTime now = kNow) {
  auto materials = make_materials(session, nullptr, {}, {}, now);
  EXPECT_TRUE(materials) << materials.error().message;
  return materials ? std::move(*materials) : Materials();
}

// The materials of `session` when it replaces `before`.
inline Materials updated(const policy::Session& session, const policy::Session& before, const Materials& materials) {
  auto made = make_materials(session, &before, materials, {}, kNow);
  EXPECT_TRUE(made) << made.error().message;
  return made ? std::move(*made) : Materials();
}

inline std::string error_of(const Result<Materials, Error>& result) {
  return result ? "no error" : result.error().message;
}

// PEM as the value of a secret in one line.
inline std::string quoted_lines(std::string_view pem) {
  std::string text = "\"";
  for (const char character : pem) text += character == '\n' ? std::string("\\n") : std::string(1, character);
  return text + "\"";
}

}  // namespace redoubt::cas
