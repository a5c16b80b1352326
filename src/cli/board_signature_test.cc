// SPDX-License-Identifier: Apache-2.0
//
// Signatures are verified with OpenSSL as CAS does: over the label and the text.
#include "cli/board_signature.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <filesystem>

#include "base/bytes.h"
#include "cli/files.h"
#include "crypto/openssl_pointers.h"

namespace redoubt::cli {
namespace {

using crypto::KeyPointer;

class BoardSignature : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "board_signature." + std::to_string(getpid());
    std::filesystem::create_directories(root_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::string write(EVP_PKEY* key) const {
    const crypto::OpensslPointer<BIO, BIO_free_all> out(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    const std::string path = root_ + "/key.pem";
    EXPECT_TRUE(replace_private_file(path, {data, static_cast<size_t>(size)}));
    return path;
  }

  static bool verifies(EVP_PKEY* key, const EVP_MD* digest, const std::string& message, const std::string& base64) {
    Bytes signature(base64.size());
    int size = EVP_DecodeBlock(signature.data(), reinterpret_cast<const unsigned char*>(base64.data()),
                               static_cast<int>(base64.size()));
    for (size_t end = base64.size(); end > 0 && base64[end - 1] == '='; --end) --size;
    const crypto::DigestContext context(EVP_MD_CTX_new());
    return EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(), signature.data(), static_cast<size_t>(size),
                            reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1;
  }

  std::string root_;
};

TEST_F(BoardSignature, Ed25519AndP384SignLabelAndText) {
  const KeyPointer ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const KeyPointer p384(EVP_EC_gen("P-384"));
  const auto small = sign_session("name: s\n", write(ed25519.get()));
  ASSERT_TRUE(small) << small.error().message;
  EXPECT_TRUE(verifies(ed25519.get(), nullptr, "Redoubt session change 1\nname: s\n", *small));
  EXPECT_FALSE(verifies(ed25519.get(), nullptr, "name: s\n", *small));
  const auto large = sign_session("name: s\n", write(p384.get()));
  ASSERT_TRUE(large);
  EXPECT_TRUE(verifies(p384.get(), EVP_sha384(), "Redoubt session change 1\nname: s\n", *large));
  EXPECT_FALSE(verifies(p384.get(), EVP_sha384(), "Redoubt session change 1\nname: t\n", *large));
}

TEST_F(BoardSignature, OtherKeysSignNothing) {
  const KeyPointer p256(EVP_EC_gen("P-256"));
  EXPECT_FALSE(sign_session("x", write(p256.get())));
  ASSERT_TRUE(replace_private_file(root_ + "/key.pem", "no key"));
  EXPECT_FALSE(sign_session("x", root_ + "/key.pem"));
  EXPECT_FALSE(sign_session("x", root_ + "/none.pem"));
}

TEST_F(BoardSignature, AFileHoldsOneSignature) {
  const std::string path = root_ + "/s.sig";
  ASSERT_TRUE(replace_private_file(path, "QUJD\n"));
  EXPECT_EQ(*read_signature(path), "QUJD");
  for (const char* text : {"", "\n", "QU JD", "QUJD\nQUJD\n", "QUJD\r\nX: y"}) {
    ASSERT_TRUE(replace_private_file(path, text));
    EXPECT_FALSE(read_signature(path)) << text;
  }
}

}  // namespace
}  // namespace redoubt::cli
