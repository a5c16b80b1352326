// SPDX-License-Identifier: Apache-2.0
#include "cli/client_identity.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "cli/files.h"

namespace redoubt::cli {
namespace {

class Identity : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "client_identity." + std::to_string(getpid());
    file_ = root_ + "/redoubt/identity.pem";
    std::filesystem::create_directories(root_);
    setenv("XDG_CONFIG_HOME", root_.c_str(), 1);
    unsetenv("REDOUBT_IDENTITY");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }

  std::string root_, file_;
};

TEST_F(Identity, IsMadeOnceAndPrivate) {
  const auto first = client_identity("");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(mode_of(root_ + "/redoubt"), 0700u);
  EXPECT_EQ(mode_of(file_), 0600u);
  const auto second = client_identity("");
  ASSERT_TRUE(second);
  EXPECT_EQ(first->key_hash(), second->key_hash());
  EXPECT_EQ(first->key_hash().size(), 64u);
  char group[32] = "";
  EVP_PKEY_get_group_name(first->key(), group, sizeof(group), nullptr);
  EXPECT_STREQ(group, "prime256v1");
  EXPECT_EQ(first->certificate_pem().find("PRIVATE"), std::string::npos);
  // Nothing is left beside it.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(root_ + "/redoubt"), {}), 1);
}

TEST_F(Identity, OfSeveralThatMakeItAllGetTheSame) {
  std::string hashes[8];
  {
    std::vector<std::jthread> threads;
    for (std::string& hash : hashes) {
      threads.emplace_back([&hash] {
        const auto identity = client_identity("");
        if (identity) hash = identity->key_hash();
      });
    }
  }
  for (const std::string& hash : hashes) EXPECT_EQ(hash, hashes[0]);
  EXPECT_EQ(hashes[0].size(), 64u);
}

TEST_F(Identity, RefusesAFileThatOthersCanRead) {
  ASSERT_TRUE(client_identity(""));
  chmod(file_.c_str(), 0640);
  const auto identity = client_identity("");
  ASSERT_FALSE(identity);
  EXPECT_NE(identity.error().message.find("chmod 600"), std::string::npos);
}

TEST_F(Identity, AnotherFileIsNeverMade) {
  EXPECT_FALSE(client_identity(root_ + "/mine.pem"));
  setenv("REDOUBT_IDENTITY", (root_ + "/mine.pem").c_str(), 1);
  EXPECT_FALSE(client_identity(""));
  EXPECT_FALSE(std::filesystem::exists(root_ + "/mine.pem"));
  unsetenv("REDOUBT_IDENTITY");
}

TEST_F(Identity, KeyAndCertificateBelongTogether) {
  const std::string one = *ClientIdentity::generate();
  const std::string other = *ClientIdentity::generate();
  EXPECT_TRUE(ClientIdentity::from_pem(one));
  const size_t certificate = one.find("-----BEGIN CERTIFICATE");
  EXPECT_FALSE(
      ClientIdentity::from_pem(one.substr(0, certificate) + other.substr(other.find("-----BEGIN CERTIFICATE"))));
  EXPECT_FALSE(ClientIdentity::from_pem(one.substr(0, certificate)));
  EXPECT_FALSE(ClientIdentity::from_pem(one.substr(certificate)));
  EXPECT_FALSE(ClientIdentity::from_pem(""));
}

TEST_F(Identity, ADirectoryThatOthersCanWriteIsRefused) {
  std::filesystem::create_directories(root_ + "/redoubt");
  chmod((root_ + "/redoubt").c_str(), 0777);
  EXPECT_FALSE(client_identity(""));
}

}  // namespace
}  // namespace redoubt::cli
