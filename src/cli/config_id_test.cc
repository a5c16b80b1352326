// SPDX-License-Identifier: Apache-2.0
#include "cli/config_id.h"

#include <gtest/gtest.h>

namespace redoubt::cli {
namespace {

TEST(ConfigId, TheServiceIsAfterTheLastSlash) {
  const auto id = parse_config_id("company/project/db/redis", "--session");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->session, "company/project/db");
  EXPECT_EQ(id->service, "redis");
  EXPECT_EQ(id->one_time_password, "");
}

TEST(ConfigId, APasswordMayHoldAnything) {
  const auto id = parse_config_id("s/redis@12/3@4", "--session");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->session, "s");
  EXPECT_EQ(id->service, "redis");
  EXPECT_EQ(id->one_time_password, "12/3@4");
}

TEST(ConfigId, RefusesWhatNamesNothing) {
  for (const char* text :
       {"", "session", "/service", "session/", "a//b", "a/../b", "a b/c", "a/b c", "a/b@", "@1", "./a"}) {
    const auto id = parse_config_id(text, "REDOUBT_CONFIG_ID");
    ASSERT_FALSE(id) << text;
    EXPECT_EQ(id.error().status, ExitStatus::kUsage);
    EXPECT_NE(id.error().message.find("REDOUBT_CONFIG_ID"), std::string::npos);
  }
}

TEST(ConfigId, NoMessageQuotesThePassword) {
  const auto id = parse_config_id("no service@314159", "--session");
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().message.find("314159"), std::string::npos);
}

}  // namespace
}  // namespace redoubt::cli
