// SPDX-License-Identifier: Apache-2.0
#include "crypto/pem.h"

#include <gtest/gtest.h>

#include <string>

namespace redoubt::crypto {
namespace {

const std::string kBlock = "-----BEGIN X-----\nAQID\nBA==\n-----END X-----\n";

TEST(Pem, ReadsBlocksInOrder) {
  const auto blocks = parse_pem("\n" + kBlock + "\r\n-----BEGIN X-----/w==-----END X-----" + std::string(1, '\0'), "X");
  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->size(), 2U);
  EXPECT_EQ((*blocks)[0], (Bytes{1, 2, 3, 4}));
  EXPECT_EQ((*blocks)[1], (Bytes{255}));
}

TEST(Pem, RefusesWhatIsNotOnlyBlocks) {
  for (const std::string& text :
       {std::string(), std::string("\0", 1), "text\n" + kBlock, kBlock + "text", kBlock + "-----BEGIN X-----\nAQID\n",
        std::string("-----BEGIN X-----\nAQI\n-----END X-----"), std::string("-----BEGIN X-----\nA===\n-----END X-----"),
        std::string("-----BEGIN X-----\nAQ=D\n-----END X-----"),
        std::string("-----BEGIN X-----\nAR==\n-----END X-----"),
        std::string("-----BEGIN X-----\nAQ-D\n-----END X-----"),
        std::string("-----BEGIN X-----\nAQID\n-----END X----2")}) {
    EXPECT_FALSE(parse_pem(text, "X")) << text;
  }
  EXPECT_FALSE(parse_pem(kBlock, "Y"));
}

}  // namespace
}  // namespace redoubt::crypto
