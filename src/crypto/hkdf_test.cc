// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "crypto/aead.h"
#include "crypto/hex.h"

namespace redoubt::crypto {
namespace {

Bytes from_hex(std::string_view text) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}
std::string repeated(std::string_view byte, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += byte;
  return text;
}
std::string counted(unsigned from, unsigned to) {
  Bytes bytes;
  for (unsigned value = from; value <= to; ++value) bytes.push_back(static_cast<uint8_t>(value));
  return to_hex(bytes);
}

struct HmacCase {
  std::string key;
  Bytes data;
  std::string_view mac;
};

TEST(Hmac, Rfc4231) {
  const auto text = [](std::string_view plain) { return Bytes(plain.begin(), plain.end()); };
  const HmacCase cases[] = {
      {repeated("0b", 20), text("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"4a656665", text("what do ya want for nothing?"),
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {repeated("aa", 20), Bytes(50, 0xdd), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {counted(1, 25), Bytes(50, 0xcd), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {repeated("aa", 131), text("Test Using Larger Than Block-Size Key - Hash Key First"),
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {repeated("aa", 131),
       text("This is a test using a larger than block-size key and a larger than block-size data. The key needs to be "
            "hashed before being used by the HMAC algorithm."),
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const HmacCase& each : cases) EXPECT_EQ(to_hex(hmac_sha256(from_hex(each.key), each.data)), each.mac);
}

struct HkdfCase {
  std::string key, salt, info;
  std::string_view out;
};

TEST(Hkdf, Rfc5869) {
  const HkdfCase cases[] = {
      {repeated("0b", 22), counted(0x00, 0x0c), counted(0xf0, 0xf9),
       "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
      {counted(0x00, 0x4f), counted(0x60, 0xaf), counted(0xb0, 0xff),
       "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b"
       "8"
       "367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
      {repeated("0b", 22), "", "",
       "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
  };
  for (const HkdfCase& each : cases) {
    Bytes out(each.out.size() / 2);
    const Bytes info = from_hex(each.info);
    hkdf_sha256(from_hex(each.key), from_hex(each.salt), "", info, out);
    EXPECT_EQ(to_hex(out), each.out);
    // The label is the beginning of `info`.
    const size_t cut = info.size() / 2;
    hkdf_sha256(from_hex(each.key), from_hex(each.salt), as_text(ByteView(info).first(cut)),
                ByteView(info).subspan(cut), out);
    EXPECT_EQ(to_hex(out), each.out);
  }
}

}  // namespace
}  // namespace redoubt::crypto
