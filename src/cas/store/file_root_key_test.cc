// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "cas/store/private_files.h"
#include "cas/store/root_key.h"

namespace redoubt::cas {
namespace {

class FileRootKeyTest : public testing::Test {
 protected:
  FileRootKeyTest() {
    char pattern[] = "/tmp/redoubt-root-key.XXXXXX";
    directory_ = mkdtemp(pattern);
    path_ = directory_ + "/root.key";
  }
  ~FileRootKeyTest() override { std::filesystem::remove_all(directory_); }

  Result<SecretBytes, Error> key(bool first_start) { return root_key_in_file(path_)->root_key(first_start); }

  std::string directory_, path_;
};

TEST_F(FileRootKeyTest, MadeOnceAndKept) {
  const auto first = key(true);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size(), kRootKeySize);
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_EQ(key(false)->text(), first->text());
  EXPECT_EQ(key(true)->text(), first->text());
}

TEST_F(FileRootKeyTest, MissingIsAnErrorOnceSomethingIsSealed) {
  ASSERT_FALSE(key(false));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(FileRootKeyTest, OthersMayNotReadIt) {
  ASSERT_TRUE(key(true));
  ASSERT_EQ(chmod(path_.c_str(), 0640), 0);
  const auto refused = key(false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnauthentic);
}

TEST_F(FileRootKeyTest, LinksAndWrongSizesAreRefused) {
  ASSERT_TRUE(key(true));
  std::filesystem::rename(path_, path_ + ".elsewhere");
  std::filesystem::create_symlink(path_ + ".elsewhere", path_);
  EXPECT_FALSE(key(false));
  std::filesystem::remove(path_);
  ASSERT_TRUE(write_private_file(path_, Bytes(31)));
  EXPECT_FALSE(key(false));
  ASSERT_TRUE(write_private_file(path_, Bytes(33)));
  EXPECT_FALSE(key(false));
}

TEST_F(FileRootKeyTest, DataDirectoryIsPrivateAndExclusive) {
  const std::string data = directory_ + "/data";
  auto lock = lock_data_directory(data);
  ASSERT_TRUE(lock);
  EXPECT_FALSE(lock_data_directory(data));
  *lock = UniqueFd();
  ASSERT_TRUE(lock_data_directory(data));
  ASSERT_EQ(chmod(data.c_str(), 0750), 0);
  EXPECT_FALSE(lock_data_directory(data));
}

}  // namespace
}  // namespace redoubt::cas
