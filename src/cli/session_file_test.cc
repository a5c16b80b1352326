// SPDX-License-Identifier: Apache-2.0
//
// A predecessor that is put into a session's text: it must change that and nothing else.
#include "cli/session_file.h"

#include <gtest/gtest.h>

namespace redoubt::cli {
namespace {

const std::string kHash(64, 'a');

SessionFile file_of(const std::string& text) { return {"s.yml", text, policy::check_session(text)}; }

TEST(WithPredecessor, IsTheLastLine) {
  for (const char* text :
       {"name: s\nversion: \"0.3\"", "name: s\nversion: \"0.3\"\n", "---\nname: s\nversion: '0.3' # end"}) {
    const auto filled = with_predecessor(file_of(text), kHash);
    ASSERT_TRUE(filled) << text << filled.error().message;
    EXPECT_TRUE(filled->text.ends_with("\npredecessor: " + kHash + "\n"));
    EXPECT_TRUE(filled->text.starts_with(text));
    EXPECT_EQ(filled->checked.session->predecessor, kHash);
  }
}

TEST(WithPredecessor, TheSameOneChangesNothing) {
  const SessionFile file = file_of("name: s\nversion: \"0.3\"\npredecessor: " + kHash + "\n");
  EXPECT_EQ(with_predecessor(file, kHash)->text, file.text);
  EXPECT_FALSE(with_predecessor(file, std::string(64, 'b')));
}

TEST(WithPredecessor, RefusesATextThatALineWouldNotBelongTo) {
  for (const char* text : {"{name: s, version: '0.3'}\n", "name: s\nversion: '0.3'\n...\n"}) {
    const SessionFile file = file_of(text);
    ASSERT_TRUE(file.checked.session) << text;
    EXPECT_FALSE(with_predecessor(file, kHash)) << text;
  }
}

}  // namespace
}  // namespace redoubt::cli
