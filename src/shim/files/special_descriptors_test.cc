// SPDX-License-Identifier: Apache-2.0
//
// Descriptors that stand for injected files and directories, on the real kernel: its open file descriptions carry the position,
// which is the point. "The program's memory" is the test's own.
#include "shim/files/special_descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>

#include "shim/abi/context.h"
#include "shim/files/attested_calls.h"
#include "shim/files/window.h"
#include "shim/gate/fake/fake_gate.h"
#include "shim/gate/gate.h"
#include "shim/memory/sealed.h"
#include "shim/process/thread.h"

namespace redoubt::shim {

// dispatch.cc would bring in every handler.
int64_t pass(Call& call) {
  return gate::call(static_cast<int64_t>(call.number), call.args[0], call.args[1], call.args[2], call.args[3],
                    call.args[4], call.args[5]);
}
int64_t pass_with(Call& call, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5) {
  return gate::call(static_cast<int64_t>(call.number), a0, a1, a2, a3, a4, a5);
}

namespace {

using namespace file_namespace;

int64_t pass_handler(Call& call) { return pass(call); }

// The calls of this test: a row says which arguments are descriptors.
constexpr Row one_descriptor(uint16_t number) {
  return handled(number, "call", pass_handler, "of this test", ReturnKind::kInt, arg::fd());
}
constexpr Row two_descriptors(uint16_t number) {
  return handled(number, "call", pass_handler, "of this test", ReturnKind::kInt, arg::fd(), arg::fd("second"));
}

class SpecialDescriptors : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    window::start(*window::choose_base());
    ASSERT_TRUE(window::put(window::Slot::kProc, open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)));
    sealed::adopt(true);  // the kernel copies for redoubt_copy here, and cannot read secret memory
  }
  static void TearDownTestSuite() {
    close(window::get(window::Slot::kProc));
    window::adopt(0);
  }
  void SetUp() override {
    state() = State();
    for (const char* path : {"/dir/a", "/dir/bb", "/dir/sub/x"}) ASSERT_TRUE(state().tree.add(path, NodeKind::kCode));
    const wire::InjectedFile file{
        .path = "/etc/secret", .permission = 0600, .from_disk = false, .content = as_bytes(kText)};
    ASSERT_TRUE(inject(file));
    secret_ = state().tree.find("/etc/secret");
    directory_ = state().tree.find("/dir");
  }

  int opened(NodeId node, int flags) {
    const auto fd = special::placeholder(node, "/name", flags | O_CLOEXEC);
    EXPECT_TRUE(fd);
    return fd ? *fd : -1;
  }
  template <typename... Args>
  int64_t perform(const Row& row, Args... args) {
    Call call{.number = row.number, .args = {to_word(args)...}, .row = &row, .thread = thread_, .frame = frame_};
    return intercept_descriptors(call).value_or(pass(call));
  }
  template <typename T>
  static uint64_t to_word(T value) {
    if constexpr (std::is_pointer_v<T>) {
      return reinterpret_cast<uint64_t>(value);
    } else {
      return static_cast<uint64_t>(static_cast<int64_t>(value));
    }
  }
  std::string read_text(int fd, size_t size) {
    std::string text(size, '?');
    const int64_t got = perform(one_descriptor(SYS_read), fd, text.data(), size);
    return got < 0 ? std::to_string(got) : text.substr(0, static_cast<size_t>(got));
  }

  static constexpr std::string_view kText = "0123456789";
  NodeId secret_ = kNoNode, directory_ = kNoNode;
  Thread thread_;
  abi::UserContext frame_{};
};

TEST_F(SpecialDescriptors, ReadFromWhereTheOpenFileIs) {
  const int fd = opened(secret_, O_RDONLY);
  EXPECT_EQ(read_text(fd, 4), "0123");
  const auto copy = static_cast<int>(perform(one_descriptor(SYS_dup), fd));
  EXPECT_EQ(read_text(copy, 3), "456");
  EXPECT_EQ(read_text(fd, 100), "789");
  EXPECT_EQ(read_text(fd, 100), "");
  EXPECT_EQ(perform(one_descriptor(SYS_lseek), copy, -2, SEEK_END), 8);
  EXPECT_EQ(read_text(fd, 1), "8");
  EXPECT_EQ(perform(one_descriptor(SYS_lseek), fd, 0, SEEK_CUR), 9);
  EXPECT_EQ(perform(one_descriptor(SYS_lseek), fd, -11, SEEK_END), -EINVAL);
  const int other = opened(secret_, O_RDONLY);
  EXPECT_EQ(read_text(other, 2), "01");  // an open file of its own
  close(fd);
  EXPECT_EQ(read_text(copy, 5), "9");
  close(copy);
  close(other);
}

TEST_F(SpecialDescriptors, ReadAtPositionsAndIntoPieces) {
  const int fd = opened(secret_, O_RDONLY);
  char bytes[8] = {};
  EXPECT_EQ(perform(one_descriptor(SYS_pread64), fd, bytes, 3, 5), 3);
  EXPECT_EQ(std::string_view(bytes, 3), "567");
  EXPECT_EQ(perform(one_descriptor(SYS_pread64), fd, bytes, 3, -1), -EINVAL);
  EXPECT_EQ(perform(one_descriptor(SYS_pread64), fd, bytes, 3, INT64_MAX), 0);
  iovec pieces[] = {{bytes, 2}, {nullptr, 0}, {bytes + 2, 3}};
  EXPECT_EQ(perform(one_descriptor(SYS_readv), fd, pieces, 3), 5);
  EXPECT_EQ(std::string_view(bytes, 5), "01234");
  EXPECT_EQ(perform(one_descriptor(SYS_readv), fd, pieces, -1), -EINVAL);
  EXPECT_EQ(perform(one_descriptor(SYS_preadv2), fd, pieces, 1, -1, 0, 0), 2);
  EXPECT_EQ(std::string_view(bytes, 2), "56");
  close(fd);
}

TEST_F(SpecialDescriptors, WritesStayInMemory) {
  const int fd = opened(secret_, O_RDWR);
  EXPECT_EQ(perform(one_descriptor(SYS_write), fd, "ab", 2), 2);
  EXPECT_EQ(perform(one_descriptor(SYS_pwrite64), fd, "cd", 2, 12), 2);
  EXPECT_EQ(as_text(state().injected.at(secret_).content()), std::string_view("ab23456789\0\0cd", 14));
  const int end = opened(secret_, O_WRONLY | O_APPEND);
  EXPECT_EQ(perform(one_descriptor(SYS_write), end, "!", 1), 1);
  EXPECT_EQ(state().injected.at(secret_).size(), 15U);
  EXPECT_EQ(perform(one_descriptor(SYS_ftruncate), fd, 3), 0);
  EXPECT_EQ(as_text(state().injected.at(secret_).content()), "ab2");
  EXPECT_EQ(perform(one_descriptor(SYS_pwrite64), fd, "x", 1, 1 << 20), -ENOSPC);
  EXPECT_EQ(perform(one_descriptor(SYS_ftruncate), fd, 1 << 20), -ENOSPC);
  EXPECT_EQ(perform(one_descriptor(SYS_ftruncate), fd, -1), -EINVAL);
  // The kernel's file behind it never holds a byte.
  struct stat status;
  ASSERT_EQ(fstat(fd, &status), 0);
  EXPECT_EQ(status.st_size, 0);
  EXPECT_EQ(::pwrite(fd, "x", 1, 0), -1);
  close(fd);
  close(end);
}

TEST_F(SpecialDescriptors, ModesAreKept) {
  const int reading = opened(secret_, O_RDONLY);
  const int writing = opened(secret_, O_WRONLY);
  char byte;
  EXPECT_EQ(perform(one_descriptor(SYS_write), reading, "x", 1), -EBADF);
  EXPECT_EQ(perform(one_descriptor(SYS_read), writing, &byte, 1), -EBADF);
  EXPECT_EQ(perform(one_descriptor(SYS_ftruncate), reading, 0), -EINVAL);
  close(reading);
  close(writing);
}

TEST_F(SpecialDescriptors, BadMemoryIsAnError) {
  const int fd = opened(secret_, O_RDWR);
  EXPECT_EQ(perform(one_descriptor(SYS_readv), fd, 8, 1), -EFAULT);
  EXPECT_EQ(perform(one_descriptor(SYS_lseek), fd, 0, SEEK_CUR), 0);
  close(fd);
}

TEST_F(SpecialDescriptors, WhatIsNotListedIsRefused) {
  const int fd = opened(secret_, O_RDWR);
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  EXPECT_EQ(perform(two_descriptors(SYS_tee), fd, ends[1], 10, 0), -EINVAL);
  EXPECT_EQ(perform(two_descriptors(SYS_sendfile), fd, ends[0], 0, 10), -EINVAL);  // into it
  EXPECT_EQ(perform(two_descriptors(SYS_sendfile), ends[1], fd, 0, 4), 4);         // out of it
  EXPECT_EQ(perform(one_descriptor(SYS_fallocate), fd, 0, 0, 10), -EOPNOTSUPP);
  EXPECT_EQ(perform(one_descriptor(SYS_fchmod), fd, 0), -EROFS);
  EXPECT_EQ(perform(one_descriptor(SYS_ioctl), fd, 0x5401, 0), -ENOTTY);
  for (const int end : {ends[0], ends[1], fd}) close(end);
}

TEST_F(SpecialDescriptors, PathsWithoutARuleReachNobody) {
  const Row row = handled(SYS_acct, "acct", pass_handler, "of this test", ReturnKind::kInt, arg::path());
  Call call{.number = row.number, .args = {to_word("/etc/passwd")}, .row = &row, .thread = thread_, .frame = frame_};
  EXPECT_EQ(intercept(call), -EPERM);
}

TEST_F(SpecialDescriptors, NumbersThatAreReusedAreOrdinaryAgain) {
  const int fd = opened(secret_, O_RDONLY);
  EXPECT_EQ(special::node_of(fd), secret_);
  close(fd);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(null, fd);
  EXPECT_TRUE(special::may_be(null));
  EXPECT_EQ(special::node_of(null), kNoNode);
  EXPECT_FALSE(special::may_be(null));
  close(null);
  EXPECT_FALSE(special::may_be(-1));
}

TEST_F(SpecialDescriptors, OrdinaryMemoryFilesAreNotTaken) {
  const int fd = opened(secret_, O_RDONLY);
  close(fd);
  const int own = memfd_create("redoubt:/etc/secret", MFD_CLOEXEC);
  special::hint(own);
  EXPECT_EQ(special::node_of(own), kNoNode);
  close(own);
}

TEST_F(SpecialDescriptors, TheTableIsSweptOfClosedFiles) {
  const int kept = opened(secret_, O_RDONLY);
  for (int i = 0; i < 20000; ++i) {
    const int fd = opened(directory_, O_RDONLY);
    ASSERT_EQ(special::node_of(fd), directory_) << i;
    close(fd);
  }
  EXPECT_EQ(special::node_of(kept), secret_);
  EXPECT_LT(special::entries().size(), 8192U);
  close(kept);
}

TEST_F(SpecialDescriptors, DirectoriesAreListedInParts) {
  const int fd = opened(directory_, O_RDONLY);
  std::vector<std::string> names;
  char buffer[64];  // room for two entries
  int64_t size;
  while ((size = perform(one_descriptor(SYS_getdents64), fd, buffer, sizeof(buffer))) > 0) {
    for (int64_t at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
      names.emplace_back(entry->d_name);
      at += entry->d_reclen;
    }
  }
  EXPECT_EQ(size, 0);
  EXPECT_EQ(names, (std::vector<std::string>{".", "..", "a", "bb", "sub"}));
  EXPECT_EQ(perform(one_descriptor(SYS_lseek), fd, 0, SEEK_SET), 0);
  EXPECT_EQ(perform(one_descriptor(SYS_getdents64), fd, buffer, 8), -EINVAL);
  EXPECT_EQ(perform(one_descriptor(SYS_read), fd, buffer, 8), -EISDIR);
  close(fd);
}

TEST_F(SpecialDescriptors, SurviveTheHandover) {
  const int fd = opened(secret_, O_RDONLY);
  EXPECT_EQ(read_text(fd, 3), "012");
  std::vector<uint8_t> saved;
  save(saved);
  for (size_t cut = 0; cut < saved.size(); cut += 7) {
    EXPECT_FALSE(restore({saved.data(), cut})) << cut;
  }
  state() = State();
  ASSERT_TRUE(restore(saved));
  EXPECT_EQ(state().tree.find("/etc/secret"), secret_);
  EXPECT_EQ(special::node_of(fd), secret_);
  EXPECT_EQ(read_text(fd, 100), "3456789");
  EXPECT_EQ(state().injected.at(secret_).permission(), 0600);
  active = false;
  close(fd);
}

TEST_F(SpecialDescriptors, ALyingHostChangesNothingElse) {
  const int fd = opened(secret_, O_RDWR);
  for (const int64_t lie : {int64_t{-EIO}, INT64_MAX, int64_t{1} << 40, int64_t{-1000000}}) {
    const gate::FakeGate fake(
        [&](const gate::HostCall& call) { return call.number == SYS_lseek ? lie : gate::real_host(call); });
    char bytes[4] = {};
    const int64_t got = perform(one_descriptor(SYS_read), fd, bytes, sizeof(bytes));
    EXPECT_LE(got, 4) << lie;
    (void)perform(one_descriptor(SYS_write), fd, "x", 1);
    EXPECT_LE(state().injected.at(secret_).size(), kText.size() + (64 << 10)) << lie;
    (void)perform(one_descriptor(SYS_getdents64), fd, bytes, sizeof(bytes));
  }
  close(fd);
}

}  // namespace
}  // namespace redoubt::shim
