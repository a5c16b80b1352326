// SPDX-License-Identifier: Apache-2.0
//
// Addresses of CAS as people write them.
#include "cli/cas_address.h"

#include <gtest/gtest.h>

namespace redoubt::cli {
namespace {

TEST(CasAddress, ReadsTheFormsPeopleWrite) {
  struct Row {
    const char* text;
    const char* meaning;
  };
  for (const Row& row :
       {Row{"cas.example:443", "cas.example:443"}, Row{"localhost", "localhost:18765"}, Row{"10.0.0.1:1", "10.0.0.1:1"},
        Row{"[::1]:65535", "[::1]:65535"}, Row{"[::1]", "[::1]:18765"}}) {
    const auto address = parse_cas_address(row.text);
    ASSERT_TRUE(address) << row.text << ": " << address.error().message;
    EXPECT_EQ(address->text(), row.meaning);
    EXPECT_EQ(*parse_cas_address(address->text()), *address);
  }
}

TEST(CasAddress, RefusesEverythingElse) {
  for (const char* text :
       {"", ":1", "host:", "host:0", "host:65536", "host:1x", "host:-1", "host:+1", "::1", "[::1", "[::1]1", "[host]:1",
        "*:1", "*.example:1", "https://host:1", "host:1/", "user@host:1", "ho st:1", "a:1:2"}) {
    const auto address = parse_cas_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().status, ExitStatus::kUsage);
  }
}

TEST(CasAddress, NumericAddressesNeedNoResolver) {
  EXPECT_EQ(*numeric_addresses(*parse_cas_address("127.0.0.1:7")), std::vector<std::string>{"127.0.0.1:7"});
  EXPECT_EQ(*numeric_addresses(*parse_cas_address("[::1]:7")), std::vector<std::string>{"[::1]:7"});
}

}  // namespace
}  // namespace redoubt::cli
