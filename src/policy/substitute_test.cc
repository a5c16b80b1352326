// SPDX-License-Identifier: Apache-2.0
#include "policy/substitute.h"

#include <gtest/gtest.h>

#include "policy/command.h"

namespace redoubt::policy {
namespace {

Substituted<std::string> look_up(const Variable& variable, Place place) {
  if (variable.name == "nested") return "$$SCONE::word$$ @@1";
  if (variable.name == "quote") return "a\"b\\\n";
  if (variable.name == "word") return variable.form.empty() ? "pass" : "pass:" + variable.form;
  if (variable.name == "nul") return std::string("a\0b", 3);
  return std::unexpected("no secret for place " + std::to_string(static_cast<int>(place)));
}

TEST(Template, Spellings) {
  struct Row {
    const char* text;
    const char* filled;
  };
  constexpr Row kRows[] = {
      {"", ""},
      {"plain $HOME $$ $", "plain $HOME $$ $"},
      {"$$SCONE::word$$", "pass"},
      {"a$$SCONE::word:pkcs8:der$$b", "apass:pkcs8:derb"},
      {"$$$$SCONE::word$$$$", "$$SCONE::word$$"},
      {"$$$SCONE::word$$", "$pass"},
      {"$$SCONE::word$$$$SCONE::word$$", "passpass"},
      {"$$$$", "$$"},
      {"{\"q\": \"$$SCONE::quote|escape(json)$$\"}", "{\"q\": \"a\\\"b\\\\\\u000a\"}"},
      {"$$SCONE::nested$$", "$$SCONE::word$$ @@1"},
  };
  for (const Row& row : kRows) {
    const auto filled = fill_template(row.text, Place::kFile, look_up);
    ASSERT_TRUE(filled) << filled.error();
    EXPECT_EQ(*filled, row.filled);
  }
  for (const char* bad :
       {"$$SCONE::", "$$SCONE::$$", "$$SCONE::a b$$", "$$SCONE::a:$$", "$$SCONE::a|x$$", "$$SCONE::x$$"}) {
    EXPECT_FALSE(fill_template(bad, Place::kFile, look_up)) << bad;
  }
}

TEST(Template, BytesStayOutOfText) {
  EXPECT_TRUE(fill_template("$$SCONE::nul$$", Place::kFile, look_up));
  EXPECT_FALSE(fill_template("$$SCONE::nul$$", Place::kEnvironment, look_up));
}

TEST(Command, SplitsAsAShell) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(*split_command("a  'b c' \"d \\\" $e\" f\\ g '' \"\"h"), (Words{"a", "b c", "d \" $e", "f g", "", "h"}));
  EXPECT_EQ(*split_command("a \\\n b \"\\x\" *"), (Words{"a", "b", "\\x", "*"}));
  EXPECT_EQ(*split_command(" \t\n"), Words{});
  for (const char* bad : {"'a", "\"a", "a\\"}) EXPECT_FALSE(split_command(bad)) << bad;
}

TEST(Command, HostArgumentsByConsent) {
  const std::vector<std::string> host = {"one", "$$SCONE::word$$ @@2"};
  const std::vector<std::string> command = {"p", "@@2", "--x=@@1", "$$SCONE::nested$$", "a@@@@1", "@@b"};
  const auto filled = fill_command(command, host, look_up);
  ASSERT_TRUE(filled) << filled.error();
  EXPECT_EQ(*filled,
            (std::vector<std::string>{"p", "$$SCONE::word$$ @@2", "--x=one", "$$SCONE::word$$ @@1", "a@@1", "@@b"}));
  const std::vector<std::string> third = {"@@3"};
  EXPECT_EQ(fill_command(third, host, look_up).error(),
            "expected an argument for @@3, found 2 arguments from the launcher; give it after --");
}

TEST(Environment, HostVariablesByConsent) {
  const std::map<std::string, std::string> wanted = {{"A", "x$$SCONE::word$$"}, {"@@TERM", ""}};
  std::vector<std::pair<std::string, std::string>> host = {
      {"TERM", "$$SCONE::word$$"}, {"LD_PRELOAD", "evil"}, {"A", "host"}};
  const auto filled = fill_environment(wanted, host, look_up);
  ASSERT_TRUE(filled) << filled.error();
  EXPECT_EQ(*filled, (std::map<std::string, std::string>{{"A", "xpass"}, {"TERM", "$$SCONE::word$$"}}));
  host.emplace_back("TERM", "again");
  EXPECT_FALSE(fill_environment(wanted, host, look_up));
  EXPECT_FALSE(fill_environment(wanted, {}, look_up));
}

}  // namespace
}  // namespace redoubt::policy
