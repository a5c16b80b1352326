// SPDX-License-Identifier: Apache-2.0
#include "shim/files/control_messages.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace redoubt::shim {
namespace {

using Buffer = std::vector<uint8_t>;
constexpr size_t kHeader = sizeof(cmsghdr);

void put_header(Buffer& control, size_t at, size_t length, int level = SOL_SOCKET, int type = SCM_RIGHTS) {
  const cmsghdr header{.cmsg_len = length, .cmsg_level = level, .cmsg_type = type};
  ASSERT_LE(at + kHeader, control.size());
  std::memcpy(&control[at], &header, kHeader);
}
void put_fd(Buffer& control, size_t at, int fd) { std::memcpy(&control[at], &fd, sizeof(fd)); }

TEST(ControlMessages, AreFoundOneAfterTheOther) {
  Buffer control(CMSG_SPACE(3 * sizeof(int)) + CMSG_SPACE(12) + CMSG_LEN(sizeof(int)));
  put_header(control, 0, CMSG_LEN(3 * sizeof(int)));
  for (int i = 0; i < 3; ++i) put_fd(control, CMSG_LEN(0) + static_cast<size_t>(i) * sizeof(int), 10 + i);
  const size_t second = CMSG_SPACE(3 * sizeof(int));
  put_header(control, second, CMSG_LEN(12), SOL_SOCKET, SCM_CREDENTIALS);
  const size_t third = second + CMSG_SPACE(12);
  put_header(control, third, CMSG_LEN(sizeof(int)));
  put_fd(control, third + CMSG_LEN(0), -5);

  ControlMessages messages(control);
  const auto first = messages.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, SCM_RIGHTS);
  EXPECT_EQ(first->data.size(), 3 * sizeof(int));
  EXPECT_EQ(messages.size(), second);
  const auto credentials = messages.next();
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->type, SCM_CREDENTIALS);
  EXPECT_EQ(credentials->data.data(), &control[second + CMSG_LEN(0)]);
  ASSERT_TRUE(messages.next());
  EXPECT_EQ(messages.size(), control.size()) << "the last one without its padding";
  EXPECT_FALSE(messages.next());
  EXPECT_FALSE(messages.is_malformed());
  EXPECT_EQ(descriptors_in(control), (std::vector<int>{10, 11, 12, -5}));
}

TEST(ControlMessages, OfOtherLevelsAndTypesPassNothing) {
  Buffer control(CMSG_SPACE(sizeof(int)));
  put_header(control, 0, CMSG_LEN(sizeof(int)), SOL_SOCKET + 1, SCM_RIGHTS);
  EXPECT_TRUE(descriptors_in(control).empty());
  put_header(control, 0, CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS + 1);
  EXPECT_TRUE(descriptors_in(control).empty());
  put_header(control, 0, CMSG_LEN(sizeof(int)));
  EXPECT_EQ(descriptors_in(control).size(), 1U);
}

TEST(ControlMessages, ALengthThatDoesNotFitEndsTheWalk) {
  Buffer control(CMSG_SPACE(sizeof(int)) * 2);
  put_header(control, CMSG_SPACE(sizeof(int)), CMSG_LEN(sizeof(int)));
  for (const size_t length : {size_t{0}, size_t{1}, kHeader - 1, control.size() + 1, SIZE_MAX, SIZE_MAX - 6,
                              size_t{1} << 63, (size_t{1} << 32) + CMSG_LEN(sizeof(int))}) {
    put_header(control, 0, length);
    ControlMessages messages(control);
    EXPECT_FALSE(messages.next()) << length;
    EXPECT_TRUE(messages.is_malformed()) << length;
    EXPECT_EQ(messages.size(), 0U) << length;
    EXPECT_FALSE(messages.next()) << length;
    EXPECT_TRUE(descriptors_in(control).empty()) << length;
  }
}

TEST(ControlMessages, BuffersShorterThanAHeaderHoldNone) {
  for (size_t size = 0; size < kHeader; ++size) {
    const Buffer control(size, 0xff);
    ControlMessages messages(control);
    EXPECT_FALSE(messages.next());
    EXPECT_FALSE(messages.is_malformed());
  }
}

// How many descriptors the kernel finds in a buffer; -1: none, it is malformed.
int passed_by_kernel(const int (&ends)[2], Buffer& control) {
  char byte = 0;
  iovec part{.iov_base = &byte, .iov_len = 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (sendmsg(ends[0], &message, 0) != 1) return errno == EINVAL ? -1 : -errno;
  alignas(cmsghdr) uint8_t received[512];
  message.msg_control = received;
  message.msg_controllen = sizeof(received);
  EXPECT_EQ(recvmsg(ends[1], &message, 0), 1);
  const auto found = descriptors_in({received, message.msg_controllen});
  for (const int fd : found) close(fd);
  return static_cast<int>(found.size());
}

// Two messages with all lengths around the buffer's, in buffers of all sizes: what the walk finds the kernel passes, and the other way round.
TEST(ControlMessages, AreTheOnesThatTheKernelFinds) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
  const int fd = open("/dev/null", O_RDONLY);
  ASSERT_GE(fd, 0);
  constexpr size_t kMost = 64;
  int well_formed = 0, malformed = 0;
  for (size_t size = 0; size <= kMost; ++size) {
    for (size_t first = kHeader - 1; first <= size + 1; ++first) {
      for (size_t second = kHeader - 1; second <= kHeader + 12; ++second) {
        Buffer whole(kMost + kHeader, 0);
        for (size_t at = 0; at + sizeof(int) <= whole.size(); at += sizeof(int)) put_fd(whole, at, fd);
        put_header(whole, 0, first);
        const size_t at = CMSG_ALIGN(first);
        if (at < kHeader || at > kMost) continue;
        put_header(whole, at, second);
        if (at + CMSG_ALIGN(second) + kHeader <= kMost) put_header(whole, at + CMSG_ALIGN(second), kHeader);
        Buffer control(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
        ControlMessages messages(control);
        while (messages.next()) {
        }
        const int found = messages.is_malformed() ? -1 : static_cast<int>(descriptors_in(control).size());
        ASSERT_EQ(found, passed_by_kernel(ends, control)) << size << ' ' << first << ' ' << second;
        ++(messages.is_malformed() ? malformed : well_formed);
      }
    }
  }
  EXPECT_GT(well_formed, 1000);
  EXPECT_GT(malformed, 1000);
  for (const int one : {ends[0], ends[1], fd}) close(one);
}

}  // namespace
}  // namespace redoubt::shim
