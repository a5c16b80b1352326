// SPDX-License-Identifier: Apache-2.0
//
// RLIMIT_NOFILE: EMFILE at the limit for every call that makes a descriptor, those above a lowered limit stay
// usable, dup2 above it is EBADF, and raising the soft limit again helps. getrlimit(2).
#include "testing.h"

#include <sys/resource.h>
#include <sys/socket.h>

int main(void) {
    watchdog(60);
    struct rlimit limit;
    EXPECT_OK(getrlimit(RLIMIT_NOFILE, &limit));
    rlim_t hard = limit.rlim_max;
    int high = EXPECT_OK(fcntl(0, F_DUPFD, 100)), fds[2];
    EXPECT_OK(setrlimit(RLIMIT_NOFILE, &(struct rlimit){20, hard}));
    int fd, last = -1;
    while ((fd = open("/dev/null", O_RDONLY)) >= 0) last = fd;
    EXPECT_EQ(errno, EMFILE);
    EXPECT_EQ(last, 19);
    EXPECT_ERRNO(dup(0), EMFILE);
    EXPECT_ERRNO(pipe(fds), EMFILE);
    EXPECT_ERRNO(socket(AF_UNIX, SOCK_STREAM, 0), EMFILE);
    EXPECT_ERRNO(fcntl(0, F_DUPFD, 10), EMFILE);
    EXPECT_ERRNO(fcntl(0, F_DUPFD, 20), EINVAL);
    EXPECT_ERRNO(dup2(0, 20), EBADF);
    EXPECT_EQ(dup2(0, 19), 19);
    EXPECT_OK(close(18));
    EXPECT_ERRNO(pipe(fds), EMFILE);
    EXPECT_EQ(dup(0), 18);  // the failed pipe left nothing behind
    EXPECT_OK(fcntl(high, F_GETFD));
    EXPECT_EQ(sysconf(_SC_OPEN_MAX), 20);
    EXPECT_EQ(getdtablesize(), 20);
    EXPECT_OK(setrlimit(RLIMIT_NOFILE, &(struct rlimit){64, hard}));
    EXPECT_EQ(dup(0), 20);
    EXPECT_EQ(dup2(0, 63), 63);
    EXPECT_ERRNO(dup2(0, 64), EBADF);
    return 0;
}
