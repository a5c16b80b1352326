// SPDX-License-Identifier: Apache-2.0
#include "crypto/secret_text.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "crypto/random_secret.h"

namespace redoubt::crypto {
namespace {

std::string in(TextEncoding encoding, std::string_view bytes) {
  return std::string(to_text(as_bytes(bytes), encoding).text());
}

TEST(SecretText, VectorsOfRfc4648) {
  struct Row {
    std::string_view bytes, base64, base32, hex;
  };
  constexpr Row kRows[] = {
      {"", "", "", ""},
      {"f", "Zg==", "MY======", "66"},
      {"fo", "Zm8=", "MZXQ====", "666f"},
      {"foo", "Zm9v", "MZXW6===", "666f6f"},
      {"foob", "Zm9vYg==", "MZXW6YQ=", "666f6f62"},
      {"fooba", "Zm9vYmE=", "MZXW6YTB", "666f6f6261"},
      {"foobar", "Zm9vYmFy", "MZXW6YTBOI======", "666f6f626172"},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(in(TextEncoding::kBase64, row.bytes), row.base64);
    EXPECT_EQ(in(TextEncoding::kBase32, row.bytes), row.base32);
    EXPECT_EQ(in(TextEncoding::kHex, row.bytes), row.hex);
    EXPECT_EQ(in(TextEncoding::kBase32NoPadding, row.bytes), row.base32.substr(0, row.base32.find('=')));
    EXPECT_EQ(in(TextEncoding::kBase64UrlNoPadding, row.bytes), row.base64.substr(0, row.base64.find('=')));
    EXPECT_EQ(secret_from_base64(row.base64)->text(), row.bytes);
    EXPECT_EQ(secret_from_hex(row.hex)->text(), row.bytes);
  }
  EXPECT_EQ(in(TextEncoding::kBase64, "\xFB\xFF\xFE"), "+//+");
  EXPECT_EQ(in(TextEncoding::kBase64Url, "\xFB\xFF\xFE\xFF"), "-__-_w==");
}

TEST(SecretText, RefusesWhatIsNoEncoding) {
  for (const char* text : {"a", "ag==b", "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm9v!"}) {
    EXPECT_FALSE(secret_from_base64(text)) << text;
  }
  EXPECT_EQ(secret_from_base64("Zm\n9v \r\nYg=\t=")->text(), "foob");
  for (const char* text : {"0", "0g", "0x", " 0"}) EXPECT_FALSE(secret_from_hex(text)) << text;
  EXPECT_EQ(secret_from_hex("fFA0")->text(), "\xFF\xA0");
}

TEST(SecretText, PemHasLinesOf64) {
  const std::string bytes(49, 'x');
  EXPECT_EQ(to_pem(as_bytes(bytes), "THING").text(),
            "-----BEGIN THING-----\neHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4\neA==\n"
            "-----END THING-----\n");
  EXPECT_EQ(to_pem(as_bytes(bytes.substr(1)), "THING").text(),
            "-----BEGIN THING-----\neHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4\n"
            "-----END THING-----\n");
}

// Of 620,000 characters each of the 62 is expected 10,000 times, with a standard deviation of 99. Seven of those are seen
// once in ten billion runs; taking the remainder of a byte would give eight of them 12,109 times.
TEST(RandomText, IsUniform) {
  const auto text = random_text(620'000);
  ASSERT_TRUE(text);
  ASSERT_EQ(text->size(), 620'000U);
  std::array<int, 256> counts{};
  for (const uint8_t byte : text->view()) ++counts[byte];
  for (const char character : kTextAlphabet) {
    EXPECT_NEAR(counts[static_cast<uint8_t>(character)], 10'000, 700) << character;
    counts[static_cast<uint8_t>(character)] = 0;
  }
  for (const int count : counts) EXPECT_EQ(count, 0);
}

TEST(RandomText, DiffersEachTime) { EXPECT_NE(random_text(20)->text(), random_text(20)->text()); }

}  // namespace
}  // namespace redoubt::crypto
