// SPDX-License-Identifier: Apache-2.0
//
// poll: negative numbers are skipped, closed ones are POLLNVAL, hang-up and error come unasked, POLLRDHUP only when
// asked, results of earlier calls are overwritten, more entries than RLIMIT_NOFILE are EINVAL; ppoll leaves the time
// that is left in the system call's timespec. poll(2).
#include "testing.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

static short look(int fd, short wanted) {
    struct pollfd entry = {.fd = fd, .events = wanted, .revents = 0x7fff};
    int count = EXPECT_OK(poll(&entry, 1, 0));
    EXPECT_EQ(count, entry.revents != 0);
    return entry.revents;
}

int main(void) {
    watchdog(60);
    int fds[2], pair[2];
    EXPECT_OK(pipe(fds));
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    EXPECT_EQ(look(-5, POLLIN), 0);
    int closed = EXPECT_OK(dup(fds[0]));
    EXPECT_OK(close(closed));
    EXPECT_EQ(look(closed, 0), POLLNVAL);
    EXPECT_EQ(look(fds[1], POLLOUT), POLLOUT);
    EXPECT_EQ(look(fds[0], POLLIN), 0);
    EXPECT_EQ(look(pair[0], POLLIN | POLLRDHUP), 0);
    EXPECT_OK(shutdown(pair[1], SHUT_WR));
    EXPECT_EQ(look(pair[0], POLLIN), POLLIN);
    EXPECT_EQ(look(pair[0], POLLIN | POLLRDHUP), POLLIN | POLLRDHUP);
    EXPECT_OK(close(pair[1]));
    EXPECT_EQ(look(pair[0], 0), POLLHUP);
    int file = EXPECT_OK(open("/dev/zero", O_RDWR));
    EXPECT_EQ(look(file, POLLIN | POLLOUT), POLLIN | POLLOUT);

    struct pollfd entries[4] = {{.fd = -1, .events = POLLIN},
                                {.fd = fds[1], .events = POLLOUT},
                                {.fd = closed, .events = POLLIN},
                                {.fd = fds[0], .events = POLLIN}};
    EXPECT_EQ(poll(entries, 4, -1), 2);
    EXPECT_EQ(entries[0].revents, 0);
    EXPECT_EQ(entries[1].revents, POLLOUT);
    EXPECT_EQ(entries[2].revents, POLLNVAL);
    EXPECT_EQ(entries[3].revents, 0);
    EXPECT_OK(close(fds[0]));
    EXPECT_EQ(look(fds[1], POLLOUT), POLLOUT | POLLERR);
    EXPECT_OK(pipe(fds));
    EXPECT_OK(close(fds[1]));
    EXPECT_EQ(look(fds[0], POLLIN), POLLHUP);

    EXPECT_EQ(poll(NULL, 0, 1), 0);
    EXPECT_ERRNO(syscall(SYS_poll, 8L, 1, 0), EFAULT);
    struct rlimit limit;
    EXPECT_OK(getrlimit(RLIMIT_NOFILE, &limit));
    EXPECT_ERRNO(syscall(SYS_poll, entries, (unsigned)limit.rlim_cur + 1, 0), EINVAL);
    struct timespec time = {.tv_sec = 5};
    EXPECT_EQ(syscall(SYS_ppoll, &(struct pollfd){.fd = fds[0], .events = POLLIN}, 1, &time, NULL, 0), 1);
    EXPECT(time.tv_sec == 4 || (time.tv_sec == 5 && time.tv_nsec == 0));
    time = (struct timespec){.tv_nsec = 2000000};
    EXPECT_EQ(syscall(SYS_ppoll, NULL, 0, &time, NULL, 0), 0);
    EXPECT(time.tv_sec == 0 && time.tv_nsec == 0);
    time.tv_nsec = -1;
    EXPECT_ERRNO(syscall(SYS_ppoll, NULL, 0, &time, NULL, 0), EINVAL);
    return 0;
}
