// SPDX-License-Identifier: Apache-2.0
//
// One-time passwords against the test values of RFC 6238 (appendix B, the last six of its eight digits).
#include "cas/sessions/totp.h"

#include <gtest/gtest.h>

#include <string>

namespace redoubt::cas {
namespace {

const ByteView kSecret = as_bytes("12345678901234567890");

TEST(Totp, GivesTheNumbersOfTheRfc) {
  EXPECT_EQ(totp_code(kSecret, 59 / 30), 287082U);
  EXPECT_EQ(totp_code(kSecret, 1111111109 / 30), 81804U);
  EXPECT_EQ(totp_code(kSecret, 1234567890 / 30), 5924U);
  EXPECT_EQ(totp_code(kSecret, 20000000000 / 30), 353130U);
}

TEST(Totp, TakesNeighboursAndEachStepOnce) {
  const UtcTime now = utc_time_from_unix(1111111109);
  const uint64_t step = totp_step_of(now);
  EXPECT_EQ(totp_match(kSecret, "081804", now, 0), step);
  EXPECT_EQ(totp_match(kSecret, "081804", now + std::chrono::seconds(30), 0), step);
  EXPECT_EQ(totp_match(kSecret, "081804", now - std::chrono::seconds(30), 0), step);
  EXPECT_FALSE(totp_match(kSecret, "081804", now + std::chrono::seconds(60), 0));
  EXPECT_FALSE(totp_match(kSecret, "081804", now - std::chrono::seconds(60), 0));
  EXPECT_FALSE(totp_match(kSecret, "081804", now, step));
  for (const char* wrong : {"", "81804", "0818040", "081805"})
    EXPECT_FALSE(totp_match(kSecret, wrong, now, 0)) << wrong;
}

TEST(Totp, ReadsBase32AsAppsWriteIt) {
  for (const char* text : {"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "gezd gnbv gy3t qojq gezd gnbv gy3t qojq"}) {
    const auto bytes = totp_secret_from_base32(text);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(bytes->text(), "12345678901234567890");
  }
  EXPECT_EQ(totp_secret_from_base32("MZXW6===")->text(), "foo");
  EXPECT_FALSE(totp_secret_from_base32("0123"));
  EXPECT_FALSE(totp_secret_from_base32("MZ-W"));
}

}  // namespace
}  // namespace redoubt::cas
