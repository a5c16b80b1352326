// SPDX-License-Identifier: Apache-2.0
//
// Sessions as people write them (testdata/*.yml) against what is understood of them (testdata/*.golden: the hash, then the
// canonical form, then the warnings). A hash that changes locks out every update of existing sessions, so a difference here is never only a
// matter of taste. UPDATE_GOLDEN=1 writes the files anew, to be read before they are committed.
// Runs in the folder of its source.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "policy/check.h"
#include "policy/session_hash.h"

namespace redoubt::policy {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

TEST(Golden, EverySessionIsUnderstoodAsBefore) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("testdata")) {
    if (entry.path().extension() != ".yml") continue;
    ++count;
    SCOPED_TRACE(entry.path().string());
    const CheckedSession checked = check_session(read(entry.path()));
    for (const Mistake& one : checked.mistakes) EXPECT_EQ(one.severity, Severity::kWarning) << describe(one);
    ASSERT_TRUE(checked.session);
    std::string found = session_hash(*checked.session) + "\n" + canonical_form(*checked.session).indented_json();
    for (const Mistake& one : checked.mistakes) found += describe(one) + '\n';
    const auto golden = std::filesystem::path(entry.path()).replace_extension(".golden");
    if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(golden, std::ios::binary) << found;
    EXPECT_EQ(read(golden), found);
  }
  EXPECT_GE(count, 10);
}

}  // namespace
}  // namespace redoubt::policy
