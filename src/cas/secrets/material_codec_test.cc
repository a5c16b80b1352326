// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cas/secrets/testing/session_text.h"
#include "crypto/secret_text.h"

namespace redoubt::cas {
namespace {

Materials sample() {
  return made(session_with({"{name: word, kind: ascii}", "{name: bytes, kind: binary, value: \"00ff\"}",
                            "{name: key, kind: private-key}", "{name: p, kind: public-key, private_key: key}",
                            "{name: ca, kind: x509-ca}", "{name: leaf, kind: x509, issuer: ca}",
                            "{name: f, kind: config-fragment, value: {a: b}}"}));
}

TEST(MaterialCodec, ComesBack) {
  const Materials materials = sample();
  const SecretBytes bytes = encode_materials(materials);
  const auto again = decode_materials(bytes.view());
  ASSERT_TRUE(again);
  ASSERT_EQ(again->size(), materials.size());
  for (const auto& [name, material] : materials) {
    const Material& other = again->at(name);
    EXPECT_EQ(other.kind, material.kind) << name;
    EXPECT_EQ(other.value.text(), material.value.text()) << name;
    EXPECT_EQ(other.certificate, material.certificate) << name;
    EXPECT_EQ(other.chain, material.chain) << name;
    EXPECT_EQ(other.renew_after, material.renew_after) << name;
  }
  EXPECT_TRUE(decode_materials(encode_materials({}).view())->empty());
}

TEST(MaterialCodec, RefusesEveryTruncationAndWhatFollows) {
  const SecretBytes bytes = encode_materials(sample());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto result = decode_materials(bytes.view().first(size));
    ASSERT_FALSE(result) << size;
    ASSERT_EQ(result.error().code, ErrorCode::kMalformed);
  }
  EXPECT_FALSE(decode_materials(crypto::concatenated({bytes.view(), as_bytes("x")}).view()));
}

// Whatever is decoded is encoded to the very same bytes: there is one encoding.
TEST(MaterialCodec, DecodesOnlyWhatItEncodes) {
  const SecretBytes bytes = encode_materials(sample());
  int refused = 0;
  for (size_t index = 0; index < bytes.size(); ++index) {
    for (const uint8_t change : {0x01, 0x80, 0xFF}) {
      SecretBytes changed = bytes.copy();
      changed.data()[index] = static_cast<uint8_t>(changed.data()[index] ^ change);
      const auto result = decode_materials(changed.view());
      ASSERT_TRUE(!result || encode_materials(*result).text() == changed.text()) << index;
      refused += result ? 0 : 1;
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(MaterialCodec, RefusesForeignNumbers) {
  using Bytes = std::string;
  const auto number = [](uint32_t value) { return Bytes(reinterpret_cast<const char*>(&value), 4); };
  const auto material = [&](const Bytes& name, char kind) {
    return number(static_cast<uint32_t>(name.size())) + name + kind + number(0) + number(0) + number(0) +
           Bytes(1, '\0');
  };
  const auto accepted = [&](const Bytes& text) { return decode_materials(as_bytes(text)).has_value(); };
  EXPECT_TRUE(accepted("\x01" + number(1) + material("a", 0)));
  EXPECT_TRUE(accepted("\x01" + number(2) + material("a", 0) + material("b", 9)));
  EXPECT_FALSE(accepted("\x02" + number(1) + material("a", 0)));                     // version
  EXPECT_FALSE(accepted("\x01" + number(1) + material("a", 10)));                    // kImported
  EXPECT_FALSE(accepted("\x01" + number(2) + material("b", 0) + material("a", 0)));  // order
  EXPECT_FALSE(accepted("\x01" + number(2) + material("a", 0) + material("a", 0)));  // twice
  EXPECT_FALSE(accepted("\x01" + number(1) + material("", 0)));
  EXPECT_FALSE(accepted("\x01" + number(1) + material(Bytes(257, 'a'), 0)));
  EXPECT_FALSE(accepted("\x01" + number(0xFFFFFFFF) + material("a", 0)));
}

}  // namespace
}  // namespace redoubt::cas
