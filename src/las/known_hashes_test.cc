// SPDX-License-Identifier: Apache-2.0
//
// A hash is remembered as long as nobody could have written the file, and never longer.
#include "las/known_hashes.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

namespace redoubt::las {
namespace {

class KnownHashesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "redoubt-hashes.XXXXXX").string();
    const Descriptor made(mkstemp(name.data()));
    ASSERT_TRUE(made);
    path_ = name;
    ASSERT_EQ(write(made.get(), "text", 4), 4);
    sigset_t io;
    sigemptyset(&io);
    sigaddset(&io, SIGIO);
    pthread_sigmask(SIG_BLOCK, &io, nullptr);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  Descriptor open_for(int flags) const { return Descriptor(open(path_.c_str(), flags | O_CLOEXEC)); }

  // How often the hash was made: 0 or 1.
  int ask() {
    int made = 0;
    Descriptor file = open_for(O_RDONLY);
    struct stat status {};
    fstat(file.get(), &status);
    const auto answer = hashes_.of(std::move(file), status, [&](const Descriptor&) -> Checked<ByteArray<32>> {
      ++made;
      return ByteArray<32>{++generation_};
    });
    EXPECT_EQ((*answer)[0], generation_);
    return made;
  }

  std::string path_;
  KnownHashes hashes_;
  uint8_t generation_ = 0;
};

TEST_F(KnownHashesTest, RemembersUntilSomebodyWrites) {
  // As in LAS: the thread that gets the lease is gone when it is broken.
  std::thread([this] { EXPECT_EQ(ask(), 1); }).join();
  if (hashes_.size() == 0) GTEST_SKIP() << "no leases on the file system of " << path_;
  EXPECT_EQ(ask(), 0);
  // The writer has to wait; when he is let in, nothing is known any more.
  std::thread writer([this] { static_cast<void>(open_for(O_WRONLY)); });
  sigset_t io;
  sigemptyset(&io);
  sigaddset(&io, SIGIO);
  int signal = 0;
  ASSERT_EQ(sigwait(&io, &signal), 0);
  hashes_.tidy(KnownHashes::Clock::now());
  writer.join();
  EXPECT_EQ(hashes_.size(), 0U);
  EXPECT_EQ(ask(), 1);
  EXPECT_EQ(ask(), 0);
}

TEST_F(KnownHashesTest, ForgetsWithoutBeingTold) {
  EXPECT_EQ(ask(), 1);
  if (hashes_.size() == 0) GTEST_SKIP() << "no leases on the file system of " << path_;
  // Does not wait for the lease, and does not get the file; but has broken the lease.
  EXPECT_FALSE(open_for(O_WRONLY | O_NONBLOCK));
  EXPECT_EQ(ask(), 1);
}

TEST_F(KnownHashesTest, RemembersNothingWhileSomebodyCanWrite) {
  {
    const Descriptor writer = open_for(O_RDWR);
    EXPECT_EQ(ask(), 1);
    EXPECT_EQ(ask(), 1);
  }
  void* memory = MAP_FAILED;
  {
    const Descriptor writer = open_for(O_RDWR);
    memory = mmap(nullptr, 4, PROT_WRITE, MAP_SHARED, writer.get(), 0);
  }
  ASSERT_NE(memory, MAP_FAILED);
  EXPECT_EQ(ask(), 1);
  EXPECT_EQ(ask(), 1);
  munmap(memory, 4);
}

TEST_F(KnownHashesTest, ForgetsWhatNobodyAsksFor) {
  EXPECT_EQ(ask(), 1);
  if (hashes_.size() == 0) GTEST_SKIP() << "no leases on the file system of " << path_;
  hashes_.tidy(KnownHashes::Clock::now());
  EXPECT_EQ(hashes_.size(), 1U);
  hashes_.tidy(KnownHashes::Clock::now() + 2 * KnownHashes::kKeep);
  EXPECT_EQ(hashes_.size(), 0U);
}

TEST_F(KnownHashesTest, IsBounded) {
  EXPECT_EQ(ask(), 1);
  if (hashes_.size() == 0) GTEST_SKIP() << "no leases on the file system of " << path_;
  const std::string first = path_;
  for (size_t count = 0; count < KnownHashes::kCapacity; ++count) {
    path_ = first + "." + std::to_string(count);
    { const Descriptor made = open_for(O_WRONLY | O_CREAT); }
    ASSERT_EQ(chmod(path_.c_str(), 0600), 0);
    EXPECT_EQ(ask(), 1);
  }
  EXPECT_EQ(hashes_.size(), KnownHashes::kCapacity);
  for (size_t count = 0; count < KnownHashes::kCapacity; ++count) {
    std::filesystem::remove(first + "." + std::to_string(count));
  }
  hashes_.tidy(KnownHashes::Clock::now());
  EXPECT_EQ(hashes_.size(), 0U);
  path_ = first;
  EXPECT_EQ(ask(), 1);
}

}  // namespace
}  // namespace redoubt::las
