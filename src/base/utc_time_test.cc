// SPDX-License-Identifier: Apache-2.0
#include "base/utc_time.h"

#include <gtest/gtest.h>

#include "base/little_endian.h"

namespace redoubt {
namespace {

TEST(UtcTime, ReadsAndWritesTheSameForm) {
  EXPECT_EQ(parse_utc_time("2025-07-04T10:28:44Z"), utc_time_from_unix(1751624924));
  EXPECT_EQ(to_string(utc_time_from_unix(1751624924)), "2025-07-04T10:28:44Z");
  EXPECT_EQ(to_string(utc_time_from_unix(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_string(utc_time_from_unix(-1)), "1969-12-31T23:59:59Z");
  EXPECT_EQ(parse_utc_time("2024-02-29T00:00:00Z"), utc_time_from_unix(1709164800));
}

TEST(UtcTime, RefusesOtherForms) {
  for (const char* text : {"", "2025-07-04", "2025-07-04T10:28:44", "2025-07-04 10:28:44Z", "2025-07-04T10:28:44+00:00",
                           "2025-13-04T10:28:44Z", "2023-02-29T00:00:00Z", "2025-07-04T24:00:00Z",
                           "2025-07-04T10:60:00Z", "2025-07-04T10:00:60Z", "202x-07-04T10:28:44Z"}) {
    EXPECT_EQ(parse_utc_time(text), std::nullopt) << text;
  }
}

TEST(LittleEndian, IsTheFormat) {
  const U32Le value = 0x01020304;
  const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
  EXPECT_EQ(bytes[0], 4);
  EXPECT_EQ(bytes[3], 1);
  EXPECT_EQ(value, 0x01020304U);
  EXPECT_EQ(U64Le(UINT64_MAX), UINT64_MAX);
}

}  // namespace
}  // namespace redoubt
