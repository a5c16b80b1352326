// SPDX-License-Identifier: Apache-2.0
#include "cli/known_cas.h"

#include <gtest/gtest.h>

namespace redoubt::cli {
namespace {

const std::string kOne(64, '1');
const std::string kTwo(64, '2');
const CasAddress kHere{"127.0.0.1", 18765};
const CasAddress kThere{"cas.example", 443};

TEST(KnownCas, KeepsWhatItDoesNotChange) {
  auto known = KnownCas::parse("# mine\n\ncas.example:443 " + kOne);
  ASSERT_TRUE(known) << known.error().message;
  EXPECT_EQ(known->key_of(kThere), kOne);
  EXPECT_EQ(known->key_of(kHere), std::nullopt);
  known->pin(kHere, kTwo);
  EXPECT_EQ(known->text(), "# mine\n\ncas.example:443 " + kOne + "\n127.0.0.1:18765 " + kTwo + "\n");
  known->pin(kThere, kTwo);
  EXPECT_EQ(known->text(), "# mine\n\ncas.example:443 " + kTwo + "\n127.0.0.1:18765 " + kTwo + "\n");
}

TEST(KnownCas, ALeftOutPortIsTheUsualOne) {
  const auto known = KnownCas::parse("127.0.0.1\t" + std::string(64, 'A') + " \r\n");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->key_of(kHere), std::string(64, 'a'));
}

TEST(KnownCas, RefusesAFileItDoesNotUnderstand) {
  for (const std::string& text : std::initializer_list<std::string>{
           "127.0.0.1:18765\n", "127.0.0.1:18765 12\n", "no address " + kOne + "\n", "h:1 " + kOne + " more\n",
           "h:1 " + kOne + "\nh:1 " + kTwo + "\n", "127.0.0.1 " + kOne + "\n127.0.0.1:18765 " + kOne + "\n"}) {
    const auto known = KnownCas::parse("# first\n" + text);
    ASSERT_FALSE(known) << text;
    EXPECT_NE(known.error().message.find("line "), std::string::npos);
  }
}

}  // namespace
}  // namespace redoubt::cli
