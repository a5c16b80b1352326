// SPDX-License-Identifier: Apache-2.0
#include "crypto/ecdsa.h"

#include <gtest/gtest.h>

#include "crypto/hex.h"

namespace redoubt::crypto {
namespace {

// RFC 6979, A.2.5: P-256, SHA-256, message "sample".
constexpr const char* kKey =
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
constexpr const char* kSignature =
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

TEST(Ecdsa, VerifiesRfc6979) {
  const auto key = P256PublicKey::from_coordinates(*from_hex(kKey));
  ASSERT_TRUE(key);
  EXPECT_EQ(to_hex(key->coordinates()), kKey);
  EXPECT_TRUE(key->verifies(as_bytes("sample"), *from_hex(kSignature)));
  EXPECT_FALSE(key->verifies(as_bytes("Sample"), *from_hex(kSignature)));
}

TEST(Ecdsa, RefusesEveryChangedBit) {
  const auto key = P256PublicKey::from_coordinates(*from_hex(kKey));
  ASSERT_TRUE(key);
  for (size_t bit = 0; bit < 8 * kP256SignatureSize; bit += 7) {
    Bytes signature = *from_hex(kSignature);
    signature[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
    EXPECT_FALSE(key->verifies(as_bytes("sample"), signature)) << bit;
  }
  EXPECT_FALSE(key->verifies(as_bytes("sample"), Bytes(kP256SignatureSize)));
  EXPECT_FALSE(key->verifies(as_bytes("sample"), Bytes(kP256SignatureSize, 0xFF)));
  EXPECT_FALSE(key->verifies(as_bytes("sample"), Bytes(63)));
}

TEST(Ecdsa, RefusesWhatIsNotOnTheCurve) {
  Bytes key = *from_hex(kKey);
  key[63] ^= 1;
  EXPECT_EQ(P256PublicKey::from_coordinates(key).error().code, ErrorCode::kMalformed);
  EXPECT_FALSE(P256PublicKey::from_coordinates(Bytes(64)));
  EXPECT_FALSE(P256PublicKey::from_coordinates(Bytes(65)));
}

}  // namespace
}  // namespace redoubt::crypto
