// SPDX-License-Identifier: Apache-2.0
//
// Expectations were read off Linux 6.18, by executing each head as a script whose interpreter prints its arguments.
#include "shim/process/script.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace redoubt::shim {
namespace {

constexpr int kNoScript = -1;

struct Line {
  int error;  // 0, an errno, or kNoScript
  std::string interpreter;
  std::optional<std::string> argument;
  bool operator==(const Line&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Line& line) {
  return out << line.error << " [" << line.interpreter << "] [" << line.argument.value_or("(none)") << "]";
}

Line parse(std::string_view text) {
  const std::string head(text.substr(0, kScriptHeadSize));
  const auto script = parse_script({head.data(), head.size()});
  if (!script) return {number_of(script.error()), "", std::nullopt};
  const auto& found = *script;
  if (!found) return {kNoScript, "", std::nullopt};
  return {0, found->interpreter, found->argument};
}
// A literal with NULs in it.
template <size_t kSize>
Line parse_literal(const char (&text)[kSize]) {
  return parse(std::string_view(text, kSize - 1));
}

TEST(Script, TakesInterpreterAndOneArgument) {
  EXPECT_EQ(parse("#!/bin/sh\n"), (Line{0, "/bin/sh", {}}));
  EXPECT_EQ(parse("#! \t /bin/sh\nrest\n"), (Line{0, "/bin/sh", {}}));
  EXPECT_EQ(parse("#!/usr/bin/env python3\n"), (Line{0, "/usr/bin/env", "python3"}));
  EXPECT_EQ(parse("#!/usr/bin/env -S a  b \t\n"), (Line{0, "/usr/bin/env", "-S a  b"}));
  EXPECT_EQ(parse("#!relative\n"), (Line{0, "relative", {}}));
  EXPECT_EQ(parse("#!/bin/sh\r\n"), (Line{0, "/bin/sh\r", {}}));
}

TEST(Script, OtherFilesAreNoScripts) {
  for (const char* text : {"", "#", "!", "# !/bin/sh\n", " #!/bin/sh\n", "\177ELF"}) {
    EXPECT_EQ(parse(text).error, kNoScript) << text;
  }
}

TEST(Script, ALineWithoutInterpreterIsRefused) {
  EXPECT_EQ(parse("#!\n").error, ENOEXEC);
  EXPECT_EQ(parse("#! \t \n/bin/sh\n").error, ENOEXEC);
}

TEST(Script, WithoutNewlineZeroesFollow) {
  EXPECT_EQ(parse("#!/bin/sh"), (Line{0, "/bin/sh", {}}));
  EXPECT_EQ(parse("#!/bin/sh -x "), (Line{0, "/bin/sh", "-x "}));
  EXPECT_EQ(parse("#!/bin/sh "), (Line{0, "/bin/sh", ""}));
  EXPECT_EQ(parse("#!"), (Line{0, "", {}}));
  EXPECT_EQ(parse("#!  "), (Line{0, "", {}}));
}

TEST(Script, ANulHidesTheNewline) {
  EXPECT_EQ(parse_literal("#!/bin/sh\0 zz\n"), (Line{0, "/bin/sh", {}}));
  EXPECT_EQ(parse_literal("#!/bin/sh -x \0foo\n"), (Line{0, "/bin/sh", "-x "}));
  EXPECT_EQ(parse_literal("#!/bin/sh \0 q\n"), (Line{0, "/bin/sh", ""}));
  EXPECT_EQ(parse_literal("#! \0\n"), (Line{0, "", {}}));
}

TEST(Script, ALongArgumentIsCut) {
  const std::string start = "#!/bin/sh ";
  const std::string fits(kScriptHeadSize - start.size() - 1, 'x');
  EXPECT_EQ(parse(start + fits + "\n"), (Line{0, "/bin/sh", fits}));
  EXPECT_EQ(parse(start + fits + "xxxx\n"), (Line{0, "/bin/sh", fits}));
  EXPECT_EQ(parse(start + std::string(kScriptHeadSize, ' ') + "y\n"), (Line{0, "/bin/sh", {}}));
  const std::string short_by_one(fits.size() - 1, 'x');
  EXPECT_EQ(parse(start + short_by_one + " y\n"), (Line{0, "/bin/sh", short_by_one}));
}

TEST(Script, ALongInterpreterIsRefused) {
  EXPECT_EQ(parse("#!" + std::string(300, '/') + "\n").error, ENOEXEC);
  EXPECT_EQ(parse("#!" + std::string(300, ' ') + "/bin/sh\n").error, ENOEXEC);
  // The last byte of the buffer may end the name, or be the newline.
  const std::string name(kScriptHeadSize - 3, 'n');
  EXPECT_EQ(parse("#!" + name + "\n"), (Line{0, name, {}}));
  EXPECT_EQ(parse("#!" + name + " argument\n").interpreter, name);
  EXPECT_EQ(parse("#!" + name + "n\n").error, ENOEXEC);
}

TEST(Script, SurvivesArbitraryLines) {
  constexpr std::string_view kAlphabet("# !/bx\t\n\0-", 10);
  std::mt19937_64 random(2);
  for (int round = 0; round < 20000; ++round) {
    std::string text = "#!";
    const size_t size = random() % (kScriptHeadSize + 10);
    for (size_t i = 0; i < size; ++i) text += kAlphabet[random() % kAlphabet.size()];
    const Line line = parse(text);
    ASSERT_NE(line.error, kNoScript);
    if (line.error != 0) continue;
    ASSERT_LT(line.interpreter.size(), kScriptHeadSize);
    ASSERT_EQ(line.interpreter.find_first_of(std::string_view(" \t\0", 3)), std::string::npos);
    ASSERT_TRUE(line.argument.value_or("").find_first_of(" \t") != 0);
  }
}

}  // namespace
}  // namespace redoubt::shim
