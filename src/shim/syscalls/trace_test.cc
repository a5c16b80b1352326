// SPDX-License-Identifier: Apache-2.0
//
// Golden lines of --trace.
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "shim/abi/numbers.h"
#include "shim/abi/restart.h"
#include "shim/abi/signals.h"
#include "shim/syscalls/trace.h"

namespace redoubt::shim {
namespace {

namespace nr = abi::nr;

struct Args {
  uint64_t values[6] = {};

  template <typename... Values>
  explicit Args(Values... given) : values{to_word(given)...} {}

  template <typename T>
  static uint64_t to_word(T value) {
    if constexpr (std::is_pointer_v<T>) {
      return reinterpret_cast<uint64_t>(value);
    } else {
      return static_cast<uint64_t>(value);
    }
  }
};

std::string line(uint64_t number, const Args& args, int64_t result) {
  char buffer[1024];
  const size_t size = format_call(buffer, sizeof(buffer), find_row(number), number, args.values, result);
  EXPECT_EQ(size, std::strlen(buffer));
  return buffer;
}

std::string entry_line(uint64_t number, const Args& args) {
  char buffer[1024];
  format_call(buffer, sizeof(buffer), find_row(number), number, args.values, std::nullopt);
  return buffer;
}

TEST(Trace, NamesErrorsAndFlags) {
  EXPECT_EQ(line(nr::openat, Args(AT_FDCWD, "/no/such", O_RDONLY | O_CLOEXEC, 0xdeadbeef), -ENOENT),
            R"(openat(AT_FDCWD, "/no/such", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory))");
  EXPECT_EQ(line(nr::openat, Args(5, "new", O_RDWR | O_CREAT | O_EXCL, 0644), 6),
            R"(openat(5, "new", O_RDWR|O_CREAT|O_EXCL, 0644) = 6)");
  EXPECT_EQ(line(nr::open, Args("/tmp", O_TMPFILE | O_WRONLY | 0x40000000, 0600), 3),
            R"(open("/tmp", O_WRONLY|O_TMPFILE|0x40000000, 0600) = 3)");
  EXPECT_EQ(line(nr::mmap, Args(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 0x7f0000000000),
            "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000");
  EXPECT_EQ(line(nr::mprotect, Args(0x1000, 4096, PROT_NONE), 0), "mprotect(0x1000, 4096, PROT_NONE) = 0");
  EXPECT_EQ(line(nr::access, Args("/", F_OK), 0), "access(\"/\", F_OK) = 0");
  EXPECT_EQ(line(nr::dup3, Args(1, 2, O_CLOEXEC), 2), "dup3(1, 2, O_CLOEXEC) = 2");
  EXPECT_EQ(line(nr::eventfd2, Args(0, 0), 3), "eventfd2(0, 0) = 3");
  EXPECT_EQ(line(nr::clone, Args(0x01200011, 0, 0, 0, 0), 9),
            "clone(SIGCHLD|CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID, NULL, NULL, NULL, NULL) = 9");
  EXPECT_EQ(line(nr::kill, Args(-1, 0), -ESRCH), "kill(-1, 0) = -1 ESRCH (No such process)");
  EXPECT_EQ(line(nr::getpid, Args(), -4000), "getpid() = -1 errno 4000");
}

TEST(Trace, ShowsWhatWasReadOnlyWhenItWas) {
  char buffer[] = "hello\n";
  const auto address = reinterpret_cast<uint64_t>(buffer);
  char hex[32];
  std::snprintf(hex, sizeof(hex), "0x%lx", address);
  EXPECT_EQ(line(nr::read, Args(0, buffer, 100), 6), R"(read(0, "hello\n", 100) = 6)");
  EXPECT_EQ(line(nr::read, Args(0, buffer, 100), 0), R"(read(0, "", 100) = 0)");
  EXPECT_EQ(line(nr::read, Args(0, buffer, 100), -EAGAIN),
            std::string("read(0, ") + hex + ", 100) = -1 EAGAIN (Resource temporarily unavailable)");
  EXPECT_EQ(entry_line(nr::read, Args(0, buffer, 100)), std::string("read(0, ") + hex + ", 100) = ?");
  EXPECT_EQ(line(nr::write, Args(1, buffer, 5), -EPIPE), R"(write(1, "hello", 5) = -1 EPIPE (Broken pipe))");
}

TEST(Trace, ClipsLongStringsAndEscapesOddBytes) {
  const std::string long_name(100, 'x');
  EXPECT_EQ(line(nr::unlink, Args(long_name.c_str()), 0), "unlink(\"" + std::string(64, 'x') + "\"...) = 0");
  const std::string exact(64, 'y');
  EXPECT_EQ(line(nr::unlink, Args(exact.c_str()), 0), "unlink(\"" + exact + "\") = 0");
  EXPECT_EQ(line(nr::write, Args(1, "\0011\"\\\xff", 5), 5), R"(write(1, "\0011\"\\\377", 5) = 5)");
}

TEST(Trace, PrintsABadPointerAsAnAddress) {
  EXPECT_EQ(line(nr::unlink, Args(0x10), -EFAULT), "unlink(0x10) = -1 EFAULT (Bad address)");
  EXPECT_EQ(line(nr::unlink, Args(0), -EFAULT), "unlink(NULL) = -1 EFAULT (Bad address)");
  EXPECT_EQ(line(nr::write, Args(1, 0x20, 3), -EFAULT), "write(1, 0x20, 3) = -1 EFAULT (Bad address)");
  EXPECT_EQ(line(nr::nanosleep, Args(0x30, 0), -EFAULT), "nanosleep(0x30, NULL) = -1 EFAULT (Bad address)");
}

// A string may end on the last byte before an unmapped page. The memory here faults if the copy goes further.
TEST(Trace, ReadsNoFurtherThanTheString) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  auto* pages = static_cast<char*>(mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(pages, MAP_FAILED);
  ASSERT_EQ(mprotect(pages + page, page, PROT_NONE), 0);
  char* name = pages + page - 4;
  std::memcpy(name, "end", 4);
  EXPECT_EQ(line(nr::rmdir, Args(name), 0), R"(rmdir("end") = 0)");
  munmap(pages, 2 * page);
}

TEST(Trace, NamesRestartsAndCallsThatDoNotComeBack) {
  EXPECT_EQ(line(nr::pause, Args(), abi::kRestartIfAsked), "pause() = ? ERESTARTSYS");
  EXPECT_EQ(line(nr::pause, Args(), abi::kRestartAlways), "pause() = ? ERESTARTNOINTR");
  EXPECT_EQ(entry_line(nr::exit_group, Args(3)), "exit_group(3) = ?");
  const char* const argv[] = {"ls", "-l", nullptr};
  EXPECT_EQ(entry_line(nr::execve, Args("/bin/ls", argv, 0)), R"(execve("/bin/ls", ["ls", "-l"], NULL) = ?)");
}

TEST(Trace, PrintsANumberWithoutARow) {
  EXPECT_EQ(line(400, Args(1, 2, 3, 4, 5, 6), -ENOSYS),
            "syscall_400(0x1, 0x2, 0x3, 0x4, 0x5, 0x6) = -1 ENOSYS (Function not implemented)");
}

TEST(Trace, DecodesByCommand) {
  const winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  char expected[64];
  std::snprintf(expected, sizeof(expected), "ioctl(1, TIOCGWINSZ, %p) = 0", static_cast<const void*>(&size));
  EXPECT_EQ(line(nr::ioctl, Args(1, TIOCGWINSZ, &size), 0), expected);
  const int on = 1;
  EXPECT_EQ(line(nr::ioctl, Args(3, FIONBIO, &on), 0), "ioctl(3, FIONBIO, [1]) = 0");
  EXPECT_EQ(line(nr::ioctl, Args(3, FIOCLEX, 0x1234), 0), "ioctl(3, FIOCLEX) = 0");
  EXPECT_EQ(line(nr::ioctl, Args(3, 0x1234, 0x5678), -ENOTTY),
            "ioctl(3, 0x1234, 0x5678) = -1 ENOTTY (Inappropriate ioctl for device)");
  EXPECT_EQ(line(nr::fcntl, Args(3, F_SETFD, FD_CLOEXEC), 0), "fcntl(3, F_SETFD, FD_CLOEXEC) = 0");
  EXPECT_EQ(line(nr::fcntl, Args(3, F_GETFL, 0x5678), 2), "fcntl(3, F_GETFL) = 2");
  EXPECT_EQ(line(nr::prctl, Args(15, "worker", 0, 0, 0), 0), R"(prctl(PR_SET_NAME, "worker", 0, 0, 0) = 0)");
  EXPECT_EQ(line(nr::setsockopt, Args(3, IPPROTO_TCP, TCP_NODELAY, &on, 4), 0),
            "setsockopt(3, IPPROTO_TCP, TCP_NODELAY, [1], 4) = 0");
  socklen_t size_of_on = sizeof(on);
  EXPECT_EQ(line(nr::getsockopt, Args(3, SOL_SOCKET, SO_ERROR, &on, &size_of_on), 0),
            "getsockopt(3, SOL_SOCKET, SO_ERROR, [1], [4]) = 0");
}

TEST(Trace, DecodesSignals) {
  const uint64_t set = abi::mask_of(SIGINT) | abi::mask_of(SIGCHLD) | abi::mask_of(34);
  EXPECT_EQ(line(nr::rt_sigprocmask, Args(SIG_BLOCK, &set, 0, 8), 0),
            "rt_sigprocmask(SIG_BLOCK, [INT CHLD RT_2], NULL, 8) = 0");
  const uint64_t most = ~abi::mask_of(SIGKILL);
  EXPECT_EQ(line(nr::rt_sigprocmask, Args(SIG_SETMASK, &most, 0, 8), 0),
            "rt_sigprocmask(SIG_SETMASK, ~[KILL], NULL, 8) = 0");
  const abi::KernelSigaction action{.handler = 1, .flags = abi::kSaRestorer | SA_RESTART, .restorer = 0, .mask = 0};
  EXPECT_EQ(line(nr::rt_sigaction, Args(SIGPIPE, &action, 0, 8), 0),
            "rt_sigaction(SIGPIPE, {sa_handler=SIG_IGN, sa_mask=[], sa_flags=SA_RESTORER|SA_RESTART}, NULL, "
            "8) = 0");
  EXPECT_EQ(line(nr::tgkill, Args(10, 11, 33), 0), "tgkill(10, 11, SIGRT_1) = 0");
  const struct {
    uint64_t sp;
    int32_t flags, padding;
    uint64_t size;
  } stack{0x1000, SS_DISABLE, 0, 8192};
  EXPECT_EQ(line(nr::sigaltstack, Args(&stack, 0), 0),
            "sigaltstack({ss_sp=0x1000, ss_flags=SS_DISABLE, ss_size=8192}, NULL) = 0");
}

TEST(Trace, DecodesTimesAndLimits) {
  const timespec time{.tv_sec = 1, .tv_nsec = 500};
  EXPECT_EQ(line(nr::clock_gettime, Args(CLOCK_MONOTONIC, &time), 0),
            "clock_gettime(CLOCK_MONOTONIC, {tv_sec=1, tv_nsec=500}) = 0");
  const uint64_t limit[2] = {1024, UINT64_MAX};
  EXPECT_EQ(line(nr::prlimit64, Args(0, 7, 0, limit), 0),
            "prlimit64(0, RLIMIT_NOFILE, NULL, {rlim_cur=1024, rlim_max=RLIM_INFINITY}) = 0");
  uint32_t word = 0;
  char expected[160];
  std::snprintf(expected, sizeof(expected),
                "futex(%p, FUTEX_WAIT|FUTEX_PRIVATE_FLAG, 2, {tv_sec=1, tv_nsec=500}) = -1 "
                "ETIMEDOUT (Connection timed out)",
                static_cast<void*>(&word));
  EXPECT_EQ(line(nr::futex, Args(&word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 2, &time, 0, 0), -ETIMEDOUT), expected);
  std::snprintf(expected, sizeof(expected), "futex(%p, FUTEX_WAKE|FUTEX_PRIVATE_FLAG, 1) = 1",
                static_cast<void*>(&word));
  EXPECT_EQ(line(nr::futex, Args(&word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 7, 0, 0), 1), expected);
  std::snprintf(expected, sizeof(expected), "futex(%p, FUTEX_REQUEUE, 1, 7, NULL, 0) = 1", static_cast<void*>(&word));
  EXPECT_EQ(line(nr::futex, Args(&word, FUTEX_REQUEUE, 1, 7, 0, 0), 1), expected);
}

TEST(Trace, DecodesWaiting) {
  const pollfd polled[] = {{3, POLLIN, POLLIN | POLLHUP}, {4, POLLOUT, 0}};
  EXPECT_EQ(line(nr::poll, Args(polled, 2, -1), 1),
            "poll([{fd=3, events=POLLIN, revents=POLLIN|POLLHUP}, {fd=4, events=POLLOUT}], 2, -1) = 1");
  epoll_event events[2] = {};
  events[0].events = EPOLLIN | EPOLLET;
  events[0].data.u64 = 9;
  EXPECT_EQ(line(nr::epoll_wait, Args(5, events, 2, 100), 1),
            "epoll_wait(5, [{events=EPOLLIN|EPOLLET, data=0x9}], 2, 100) = 1");
  EXPECT_EQ(line(nr::epoll_wait, Args(5, events, 2, 100), 0), "epoll_wait(5, [], 2, 100) = 0");
  fd_set set;
  FD_ZERO(&set);
  FD_SET(3, &set);
  FD_SET(70, &set);
  EXPECT_EQ(line(nr::select, Args(71, &set, 0, 0, 0), 2), "select(71, [3 70], NULL, NULL, NULL) = 2");
  int status = 0x700;
  EXPECT_EQ(line(nr::wait4, Args(-1, &status, WNOHANG, 0), 42),
            "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 7}], WNOHANG, NULL) = 42");
  status = SIGSEGV | 0x80;
  EXPECT_EQ(line(nr::wait4, Args(-1, &status, 0, 0), 42),
            "wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}], 0, NULL) = 42");
  const int pair[2] = {3, 4};
  EXPECT_EQ(line(nr::pipe2, Args(pair, O_CLOEXEC), 0), "pipe2([3, 4], O_CLOEXEC) = 0");
}

TEST(Trace, DecodesFiles) {
  struct stat status {};
  status.st_mode = S_IFREG | 0644;
  status.st_size = 12;
  EXPECT_EQ(line(nr::fstat, Args(3, &status), 0), "fstat(3, {st_mode=S_IFREG|0644, st_size=12, ...}) = 0");
  char first[] = "ab";
  char second[] = "cdef";
  const iovec parts[] = {{first, 2}, {second, 4}};
  EXPECT_EQ(line(nr::writev, Args(1, parts, 2), 6),
            R"(writev(1, [{iov_base="ab", iov_len=2}, {iov_base="cdef", iov_len=4}], 2) = 6)");
  EXPECT_EQ(line(nr::readv, Args(0, parts, 2), 3),
            R"(readv(0, [{iov_base="ab", iov_len=2}, {iov_base="c", iov_len=4}], 2) = 3)");
  EXPECT_EQ(line(nr::umask, Args(022), 077), "umask(022) = 077");
  const struct {
    int64_t type;
    char text[4];
  } message{7, "abc"};
  EXPECT_EQ(line(nr::msgsnd, Args(1, &message, 3, IPC_NOWAIT), 0), R"(msgsnd(1, {7, "abc"}, 3, IPC_NOWAIT) = 0)");
}

TEST(Trace, DecodesSockets) {
  sockaddr_in inet{};
  inet.sin_family = AF_INET;
  inet.sin_port = htons(6379);
  inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(line(nr::connect, Args(3, &inet, sizeof(inet)), -ECONNREFUSED),
            "connect(3, {sa_family=AF_INET, sin_port=htons(6379), sin_addr=\"127.0.0.1\"}, 16) = -1 ECONNREFUSED "
            "(Connection refused)");
  sockaddr_in6 inet6{};
  inet6.sin6_family = AF_INET6;
  inet6.sin6_port = htons(80);
  for (const char* text : {"::1", "::", "2001:db8::1", "fe80::1:0:0:1", "1:2:3:4:5:6:7:8", "1::", "1:0:2:3:4:5:6:7"}) {
    ASSERT_EQ(inet_pton(AF_INET6, text, &inet6.sin6_addr), 1);
    EXPECT_EQ(line(nr::bind, Args(3, &inet6, sizeof(inet6)), 0),
              std::string("bind(3, {sa_family=AF_INET6, sin6_port=htons(80), sin6_addr=\"") + text + "\"}, 28) = 0");
  }
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  std::strcpy(local.sun_path, "/run/x");
  EXPECT_EQ(line(nr::bind, Args(3, &local, sizeof(local)), 0),
            R"(bind(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 110) = 0)");
  std::memcpy(local.sun_path, "\0bus", 4);
  EXPECT_EQ(line(nr::bind, Args(3, &local, 6), 0), R"(bind(3, {sa_family=AF_UNIX, sun_path=@"bus"}, 6) = 0)");
  char text[] = "hi";
  iovec part{text, 2};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  EXPECT_EQ(line(nr::sendmsg, Args(3, &message, MSG_NOSIGNAL), 2),
            R"(sendmsg(3, {msg_name=NULL, msg_iov=[{iov_base="hi", iov_len=2}], msg_controllen=0}, MSG_NOSIGNAL) = 2)");
  EXPECT_EQ(line(nr::socket, Args(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 3),
            "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3");
}

// Every row can be printed, whatever its arguments are.
TEST(Trace, SurvivesRubbishInEveryRow) {
  alignas(8) char rubbish[4096];
  std::memset(rubbish, 0xa5, sizeof(rubbish));
  const auto rubbish_at = reinterpret_cast<uint64_t>(rubbish);
  for (const auto& [number, name] : abi::kSystemCalls) {
    for (const uint64_t value :
         {uint64_t{0}, uint64_t{1}, uint64_t{0xfff}, UINT64_MAX, rubbish_at, rubbish_at + 4000}) {
      for (const int64_t result : {int64_t{0}, int64_t{1}, int64_t{-EINVAL}, INT64_MAX}) {
        char buffer[256];
        const Args args(value, value, value, value, value, value);
        const size_t size = format_call(buffer, sizeof(buffer), find_row(number), number, args.values, result);
        EXPECT_LT(size, sizeof(buffer));
        EXPECT_TRUE(std::string(buffer).starts_with(name)) << buffer;
      }
    }
  }
}

TEST(Trace, MarksALineThatDoesNotFit) {
  char buffer[24];
  const Args args(AT_FDCWD, "/a/long/enough/path", 0, 0);
  const size_t size = format_call(buffer, sizeof(buffer), find_row(nr::openat), nr::openat, args.values, 3);
  EXPECT_EQ(size, sizeof(buffer) - 1);
  EXPECT_STREQ(buffer, "openat(AT_FDCWD, \"/a...");
}

}  // namespace
}  // namespace redoubt::shim
