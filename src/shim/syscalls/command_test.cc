// SPDX-License-Identifier: Apache-2.0
//
// Decisions by argument: what passes, what is refused and with which errno. The errnos are those that programs are
// written for, so each is named here once more.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/socket.h>

#include "shim/abi/numbers.h"
#include "shim/syscalls/call.h"
#include "shim/syscalls/command.h"
#include "shim/syscalls/fake_host.h"

namespace redoubt::shim {
namespace {

namespace nr = abi::nr;

class Commands : public testing::Test {
 protected:
  void SetUp() override {
    fake::reset_host();
    fake::host().result = kHostAnswer;
  }

  // What the program gets for this call. The handlers under test look at neither the thread nor the registers.
  static int64_t answer(uint16_t number, uint64_t a0 = 0, uint64_t a1 = 0, uint64_t a2 = 0, uint64_t a3 = 0,
                        uint64_t a4 = 0) {
    alignas(16) static char nothing[16];
    Call call{number,
              {a0, a1, a2, a3, a4, 0},
              find_row(number),
              reinterpret_cast<Thread&>(nothing),
              reinterpret_cast<abi::UserContext&>(nothing)};
    return call.row->handler(call);
  }

  static constexpr int64_t kHostAnswer = 77;
};

TEST_F(Commands, IoctlPassesWhatIsListed) {
  EXPECT_EQ(answer(nr::ioctl, 1, TIOCGWINSZ, 0x1000), kHostAnswer);
  EXPECT_EQ(answer(nr::ioctl, 1, FIONBIO, 0x1000), kHostAnswer);
  EXPECT_EQ(fake::host().passed, 2);
  EXPECT_EQ(fake::host().last_number, nr::ioctl);
}

TEST_F(Commands, IoctlLooksAtTheLowHalfOnly) {
  EXPECT_EQ(answer(nr::ioctl, 1, 0xdead'0000'0000'0000 | TIOCGWINSZ, 0x1000), kHostAnswer);
  EXPECT_EQ(answer(nr::ioctl, 1, 0xdead'0000'0000'0000 | TIOCSTI, 0x1000), -EPERM);
}

TEST_F(Commands, IoctlRefusesTheRest) {
  EXPECT_EQ(answer(nr::ioctl, 1, 0x12345678, 0x1000), -ENOTTY);
  EXPECT_EQ(answer(nr::ioctl, 1, 0x400454ca, 0x1000), -ENOTTY);  // TUNSETIFF
  EXPECT_EQ(answer(nr::ioctl, 1, TIOCSTI, 0x1000), -EPERM);
  EXPECT_EQ(fake::host().passed, 0);
}

TEST_F(Commands, IoctlChecksADescriptorInItsArgument) {
  constexpr uint64_t kFiclone = 0x40049409;
  EXPECT_EQ(answer(nr::ioctl, 1, kFiclone, 5), kHostAnswer);
  EXPECT_EQ(answer(nr::ioctl, 1, kFiclone, static_cast<uint64_t>(fake::host().own_descriptor)), -EBADF);
}

TEST_F(Commands, IoctlChecksADescriptorWithinARange) {
  constexpr uint64_t kFicloneRange = 0x4020940d;
  struct {
    int64_t source;
    uint64_t offset, length, destination;
  } range{5, 0, 0, 0};
  const auto address = reinterpret_cast<uint64_t>(&range);
  EXPECT_EQ(answer(nr::ioctl, 1, kFicloneRange, address), kHostAnswer);
  range.source = fake::host().own_descriptor;
  EXPECT_EQ(answer(nr::ioctl, 1, kFicloneRange, address), -EBADF);
  EXPECT_EQ(answer(nr::ioctl, 1, kFicloneRange, 8), -EFAULT);
  EXPECT_EQ(fake::host().passed, 1);
}

TEST_F(Commands, IoctlLooksIntoAnInterfaceListBeforePassingIt) {
  struct {
    int32_t length;
    int32_t padding;
    uint64_t buffer;
  } request{64, 0, 0x1000};
  const auto address = reinterpret_cast<uint64_t>(&request);
  EXPECT_EQ(answer(nr::ioctl, 1, SIOCGIFCONF, address), kHostAnswer);
  request.length = -1;
  EXPECT_EQ(answer(nr::ioctl, 1, SIOCGIFCONF, address), -EINVAL);
  EXPECT_EQ(answer(nr::ioctl, 1, SIOCGIFCONF, 8), -EFAULT);
  EXPECT_EQ(fake::host().passed, 1);
  request.buffer = 0;
  EXPECT_EQ(answer(nr::ioctl, 1, SIOCGIFCONF, address), kHostAnswer);
}

TEST_F(Commands, FcntlKnowsItsCommands) {
  EXPECT_EQ(answer(nr::fcntl, 1, F_DUPFD_CLOEXEC, 10), kHostAnswer);
  EXPECT_EQ(answer(nr::fcntl, 1, F_OFD_SETLKW, 0x1000), kHostAnswer);
  EXPECT_EQ(answer(nr::fcntl, 1, 4711, 0), -EINVAL);
}

TEST_F(Commands, PrctlRefusesWhatWouldSwitchTheShimOff) {
  EXPECT_EQ(answer(nr::prctl, PR_SET_NAME, 0x1000), kHostAnswer);
  EXPECT_EQ(answer(nr::prctl, PR_SET_SYSCALL_USER_DISPATCH, 0), -EINVAL);
  EXPECT_EQ(answer(nr::prctl, PR_SET_SECCOMP, 2), -EINVAL);
  EXPECT_EQ(answer(nr::prctl, PR_SET_MM, 1), -EPERM);
  EXPECT_EQ(answer(nr::prctl, 65, 1), -EINVAL);  // PR_SET_MDWE
  EXPECT_EQ(answer(nr::prctl, 0x7fffffff, 0), -EINVAL);
  EXPECT_EQ(fake::host().passed, 1);
}

TEST_F(Commands, SocketKnowsFourFamilies) {
  EXPECT_EQ(answer(nr::socket, AF_UNIX, SOCK_STREAM, 0), kHostAnswer);
  EXPECT_EQ(answer(nr::socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP), kHostAnswer);
  EXPECT_EQ(answer(nr::socket, AF_INET6, SOCK_DGRAM, IPPROTO_UDP), kHostAnswer);
  EXPECT_EQ(answer(nr::socket, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), kHostAnswer);
  EXPECT_EQ(fake::host().passed, 4);
  for (const int family : {AF_ALG, AF_VSOCK, AF_PACKET, AF_BLUETOOTH, AF_XDP, AF_KEY, 4711, -1}) {
    EXPECT_EQ(answer(nr::socket, static_cast<uint64_t>(family), SOCK_STREAM, 0), -EAFNOSUPPORT) << family;
  }
  EXPECT_EQ(answer(nr::socketpair, AF_VSOCK, SOCK_STREAM, 0), -EAFNOSUPPORT);
  EXPECT_EQ(answer(nr::socket, AF_INET, SOCK_RAW, IPPROTO_TCP), -EPERM);
  EXPECT_EQ(answer(nr::socket, AF_INET, SOCK_STREAM, IPPROTO_MPTCP), -EPROTONOSUPPORT);
  EXPECT_EQ(answer(nr::socket, AF_INET, SOCK_STREAM, IPPROTO_SCTP), -EPROTONOSUPPORT);
  EXPECT_EQ(answer(nr::socket, AF_INET, SOCK_STREAM, 9999), -EINVAL);
  EXPECT_EQ(answer(nr::socket, AF_INET, SOCK_STREAM, static_cast<uint64_t>(-1)), -EINVAL);
  EXPECT_EQ(answer(nr::socket, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER), -EPROTONOSUPPORT);
  EXPECT_EQ(fake::host().passed, 4);
}

TEST_F(Commands, SocketOptionsAreKnownByLevelAndName) {
  EXPECT_EQ(answer(nr::setsockopt, 3, SOL_SOCKET, SO_REUSEADDR, 0x1000, 4), kHostAnswer);
  EXPECT_EQ(answer(nr::getsockopt, 3, IPPROTO_TCP, TCP_INFO, 0x1000, 0x2000), kHostAnswer);
  EXPECT_EQ(answer(nr::setsockopt, 3, IPPROTO_TCP, TCP_ULP, 0x1000, 4), -ENOPROTOOPT);
  EXPECT_EQ(answer(nr::setsockopt, 3, SOL_SOCKET, SO_ATTACH_BPF, 0x1000, 4), -ENOPROTOOPT);
  EXPECT_EQ(answer(nr::setsockopt, 3, SOL_SOCKET, 4711, 0x1000, 4), -ENOPROTOOPT);
  EXPECT_EQ(answer(nr::setsockopt, 3, 0x10000 | SOL_SOCKET, SO_REUSEADDR, 0x1000, 4), -ENOPROTOOPT);
  // Level 0 (IPPROTO_IP), option 65536 + 2 must not be taken for level 1, option 2.
  EXPECT_EQ(answer(nr::setsockopt, 3, 0, 0x10002, 0x1000, 4), -ENOPROTOOPT);
  EXPECT_EQ(answer(nr::setsockopt, 3, 0xffff'ffff, 2, 0x1000, 4), -ENOPROTOOPT);
}

TEST_F(Commands, TheSameNumberIsAnotherCommandInAnotherIpcCall) {
  EXPECT_EQ(answer(nr::semctl, 1, 0, SETALL, 0x1000), kHostAnswer);
  EXPECT_EQ(answer(nr::shmctl, 1, SETALL, 0x1000), -EINVAL);
  EXPECT_EQ(answer(nr::msgctl, 1, 12, 0x1000), kHostAnswer);  // MSG_INFO; 12 is GETVAL to semctl
  EXPECT_EQ(answer(nr::msgctl, 1, 99, 0x1000), -EINVAL);
}

TEST_F(Commands, UnshareLeavesNoNamespace) {
  EXPECT_EQ(answer(nr::unshare, CLONE_FILES | CLONE_FS), kHostAnswer);
  EXPECT_EQ(answer(nr::unshare, CLONE_NEWUSER), -EPERM);
  EXPECT_EQ(answer(nr::unshare, CLONE_FILES | CLONE_NEWNET), -EPERM);
  EXPECT_EQ(answer(nr::unshare, 0x80), -EPERM);  // CLONE_NEWTIME
  EXPECT_EQ(answer(nr::unshare, 1), -EINVAL);
  EXPECT_EQ(fake::host().passed, 1);
}

TEST_F(Commands, UnshareLeavesOneTableOfDescriptors) {
  EXPECT_EQ(answer(nr::unshare, CLONE_FILES), 0);  // alone it has one of its own already
  fake::host().is_only_thread = false;
  EXPECT_EQ(answer(nr::unshare, CLONE_FILES), -EINVAL);
  EXPECT_EQ(answer(nr::unshare, CLONE_FILES | CLONE_FS), -EINVAL);
  EXPECT_EQ(fake::host().passed, 0);
  EXPECT_EQ(answer(nr::unshare, CLONE_FS), kHostAnswer);
}

TEST_F(Commands, ProcessMemoryIsOnesOwn) {
  const auto pid = static_cast<uint64_t>(fake::host().own_pid);
  const auto tid = static_cast<uint64_t>(fake::host().own_tid);
  EXPECT_EQ(answer(nr::process_vm_readv, pid), kHostAnswer);
  EXPECT_EQ(answer(nr::process_vm_writev, tid), kHostAnswer);
  EXPECT_EQ(answer(nr::process_vm_readv, 1), -EPERM);
  EXPECT_EQ(answer(nr::process_vm_readv, 0), -ESRCH);
  EXPECT_EQ(answer(nr::process_vm_writev, static_cast<uint64_t>(-1)), -ESRCH);
  EXPECT_EQ(fake::host().passed, 2);
}

}  // namespace
}  // namespace redoubt::shim
