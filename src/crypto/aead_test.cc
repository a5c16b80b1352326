// SPDX-License-Identifier: Apache-2.0
//
// Every path that this processor can run, against published vectors and against OpenSSL.
#include "crypto/aead.h"

#include <gtest/gtest.h>
#include <intel-ipsec-mb.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>

#include "crypto/aead_paths.h"
#include "crypto/hex.h"

namespace redoubt::crypto {
namespace {

using Nonce = ByteArray<kAeadNonceSize>;
using Tag = ByteArray<kAeadTagSize>;
using Key = ByteArray<kAeadKeySize>;

Bytes from_hex(std::string_view text) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// One row of the table, used as BulkAead uses the best one.
class OnePath {
 public:
  OnePath(const AeadPath& path, const Key& key) : path_(path) {
    path.expand_key(key.data(), schedule_.expanded_keys);
    path.precompute(&schedule_);
  }
  void seal(const Nonce& nonce, ByteView associated, ByteView from, uint8_t* to, Tag& tag) const {
    run(path_.encrypt, nonce, associated, from, to, tag);
  }
  void open(const Nonce& nonce, ByteView associated, ByteView from, uint8_t* to, Tag& tag) const {
    run(path_.decrypt, nonce, associated, from, to, tag);
  }

 private:
  void run(AeadPath::Run* function, const Nonce& nonce, ByteView associated, ByteView from, uint8_t* to,
           Tag& tag) const {
    uint8_t none = 0;
    gcm_context_data context;
    function(&schedule_, &context, from.empty() ? &none : to, from.empty() ? &none : from.data(), from.size(),
             nonce.data(), associated.empty() ? &none : associated.data(), associated.size(), tag.data(), tag.size());
  }
  const AeadPath& path_;
  alignas(64) gcm_key_data schedule_;
};

void seal_by_openssl(const Key& key, const Nonce& nonce, ByteView associated, ByteView from, uint8_t* to, Tag& tag) {
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int size = 0;
  ASSERT_EQ(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()), 1);
  if (!associated.empty()) {
    ASSERT_EQ(EVP_EncryptUpdate(context.get(), nullptr, &size, associated.data(), static_cast<int>(associated.size())),
              1);
  }
  if (!from.empty()) {
    ASSERT_EQ(EVP_EncryptUpdate(context.get(), to, &size, from.data(), static_cast<int>(from.size())), 1);
  }
  uint8_t none[16];
  ASSERT_EQ(EVP_EncryptFinal_ex(context.get(), none, &size), 1);
  ASSERT_EQ(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag.size()), tag.data()), 1);
}

template <size_t kSize>
ByteArray<kSize> random_array(std::mt19937& random) {
  ByteArray<kSize> array;
  std::ranges::generate(array, [&] { return static_cast<uint8_t>(random()); });
  return array;
}

struct Vector {
  std::string_view key, nonce, plain, associated, cipher, tag;
};
// McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, cases 13 to 16: NIST's own for 256-bit keys.
constexpr std::string_view kZeroKey = "0000000000000000000000000000000000000000000000000000000000000000";
constexpr std::string_view kKey = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
constexpr std::string_view kPlain =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba"
    "637"
    "b391aafd255";
constexpr std::string_view kCipher =
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abc"
    "c9f"
    "662898015ad";
constexpr Vector kVectors[] = {
    {kZeroKey, "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {kZeroKey, "000000000000000000000000", "00000000000000000000000000000000", "", "cea7403d4d606b6e074ec5d3baf39d18",
     "d0d1c8a799996bf0265b98b5d48ab919"},
    {kKey, "cafebabefacedbaddecaf888", kPlain, "", kCipher, "b094dac5d93471bdec1a502270e3cc6c"},
    {kKey, "cafebabefacedbaddecaf888", kPlain.substr(0, 120), "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     kCipher.substr(0, 120), "76fc6ece0f4e1768cddf8853bb2d551b"},
};

TEST(Aead, PublishedVectorsOnEveryPath) {
  ASSERT_TRUE(has_bulk_aead());
  for (const AeadPath& path : aead_paths()) {
    for (const Vector& vector : kVectors) {
      Key key;
      Nonce nonce;
      Tag tag{};
      std::ranges::copy(from_hex(vector.key), key.begin());
      std::ranges::copy(from_hex(vector.nonce), nonce.begin());
      const Bytes plain = from_hex(vector.plain), associated = from_hex(vector.associated);
      Bytes out(plain.size());
      const OnePath aead(path, key);
      aead.seal(nonce, associated, plain, out.data(), tag);
      EXPECT_EQ(to_hex(out), vector.cipher) << path.name;
      EXPECT_EQ(to_hex(tag), vector.tag) << path.name;
      tag = {};
      aead.open(nonce, associated, out, out.data(), tag);
      EXPECT_EQ(out, plain) << path.name;
      EXPECT_EQ(to_hex(tag), vector.tag) << path.name;
    }
  }
}

// Sizes 0 to 20000 in steps that reach every remainder, at every alignment, in place and not, against OpenSSL.
TEST(Aead, EveryPathIsWhatOpensslIs) {
  std::mt19937 random(7);
  const Key key = random_array<kAeadKeySize>(random);
  Bytes plain(20000 + 64), ours(plain.size()), theirs(plain.size()), associated(300);
  std::ranges::generate(plain, [&] { return static_cast<uint8_t>(random()); });
  std::ranges::generate(associated, [&] { return static_cast<uint8_t>(random()); });
  for (const AeadPath& path : aead_paths()) {
    const OnePath aead(path, key);
    for (size_t size = 0; size <= 20000; size += size < 2200 ? 1 : 1 + random() % 37) {
      const Nonce nonce = random_array<kAeadNonceSize>(random);
      const size_t from_shift = random() % 64, to_shift = random() % 64, associated_shift = random() % 32;
      const ByteView text = ByteView(plain).subspan(from_shift, size);
      const ByteView extra = ByteView(associated).subspan(associated_shift, random() % 4 == 0 ? 0 : random() % 200);
      Tag our_tag{}, their_tag{};
      seal_by_openssl(key, nonce, extra, text, theirs.data(), their_tag);
      uint8_t* to = ours.data() + to_shift;
      if (size % 2 == 0) {
        std::ranges::copy(text, to);
        aead.seal(nonce, extra, ByteView(to, size), to, our_tag);
      } else {
        aead.seal(nonce, extra, text, to, our_tag);
      }
      ASSERT_TRUE(std::equal(to, to + size, theirs.data())) << path.name << ", " << size << " bytes";
      ASSERT_EQ(our_tag, their_tag) << path.name << ", " << size << " bytes";
      our_tag = {};
      aead.open(nonce, extra, ByteView(to, size), to, our_tag);
      ASSERT_TRUE(std::ranges::equal(text, ByteView(to, size))) << path.name << ", " << size << " bytes";
      ASSERT_EQ(our_tag, their_tag) << path.name << ", " << size << " bytes";
    }
  }
}

class Bulk : public testing::Test {
 protected:
  alignas(64) uint8_t memory_[1024];
  std::mt19937 random_{3};
  Key key_ = random_array<kAeadKeySize>(random_);
  Nonce nonce_ = random_array<kAeadNonceSize>(random_);
  BulkAead aead_{std::span(memory_), key_};
};

TEST_F(Bulk, SealsWhatItOpens) {
  ASSERT_LE(BulkAead::memory_size(), sizeof(memory_));
  for (const size_t size : {0, 1, 15, 16, 4096, 16384}) {
    const Bytes plain(size, 0x5a);
    Bytes sealed(size), opened(size);
    Tag tag{}, expected{};
    aead_.seal(nonce_, as_bytes("about"), plain, sealed.data(), tag);
    Bytes theirs(size);
    seal_by_openssl(key_, nonce_, as_bytes("about"), plain, theirs.data(), expected);
    EXPECT_EQ(sealed, theirs);
    EXPECT_EQ(tag, expected);
    EXPECT_TRUE(aead_.open(nonce_, as_bytes("about"), sealed, opened.data(), tag));
    EXPECT_EQ(opened, plain);
  }
}

TEST_F(Bulk, OneChangedBitAnywhereIsRefusedAndTheOutputWiped) {
  constexpr size_t kSize = 100;
  const Bytes plain(kSize, 0x5a);
  Bytes sealed(kSize);
  Tag tag{};
  Bytes associated = {1, 2, 3};
  aead_.seal(nonce_, associated, plain, sealed.data(), tag);
  const auto is_refused = [&] {
    Bytes out(kSize, 0xff);
    const bool opened = aead_.open(nonce_, associated, sealed, out.data(), tag);
    return !opened && out == Bytes(kSize, 0);
  };
  const auto each_bit = [&](std::span<uint8_t> bytes) {
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      EXPECT_TRUE(is_refused());
      bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    }
  };
  each_bit(sealed);
  each_bit(tag);
  each_bit(associated);
  each_bit(nonce_);
  EXPECT_FALSE(is_refused());
}

}  // namespace
}  // namespace redoubt::crypto
