// SPDX-License-Identifier: Apache-2.0
//
// F_SETPIPE_SZ rounds up to a power of two of pages, refuses what content no longer fits (EBUSY), more than the limit
// without privilege (EPERM) and what is too large to count (EINVAL); content survives; a full pipe goes on after it
// has grown; all ends and duplicates see one size. fcntl(2), pipe(7).
#include "testing.h"

#include <poll.h>
#include <sys/ioctl.h>

static short events(int fd, short wanted) {
    struct pollfd entry = {.fd = fd, .events = wanted};
    EXPECT_OK(poll(&entry, 1, 0));
    return entry.revents;
}

int main(void) {
    watchdog(60);
    int fds[2];
    static char block[1 << 20];
    EXPECT_OK(pipe2(fds, O_NONBLOCK));
    EXPECT_EQ(fcntl(fds[1], F_SETPIPE_SZ, 1), 4096);
    EXPECT_EQ(fcntl(fds[0], F_GETPIPE_SZ), 4096);
    EXPECT_EQ(fcntl(fds[0], F_SETPIPE_SZ, 3 * 4096), 4 * 4096);
    EXPECT_EQ(fcntl(fds[1], F_SETPIPE_SZ, 0), 4096);
    EXPECT_EQ(fcntl(fds[1], F_SETPIPE_SZ, 8192), 8192);
    for (size_t i = 0; i < sizeof block; i++) block[i] = (char)(i * 7);
    EXPECT_EQ(write(fds[1], block, sizeof block), 8192);
    EXPECT_EQ(events(fds[1], POLLOUT), 0);
    EXPECT_ERRNO(fcntl(fds[1], F_SETPIPE_SZ, 4096), EBUSY);
    int duplicate = EXPECT_OK(dup(fds[1]));
    EXPECT_EQ(fcntl(duplicate, F_SETPIPE_SZ, 65536), 65536);
    EXPECT_EQ(fcntl(fds[0], F_GETPIPE_SZ), 65536);
    EXPECT_EQ(events(fds[1], POLLOUT), POLLOUT);
    EXPECT_EQ(write(fds[1], block + 8192, 65536), 65536 - 8192);
    static char back[65536];
    EXPECT_EQ(read(fds[0], back, sizeof back), sizeof back);
    EXPECT_EQ(memcmp(back, block, sizeof back), 0);
    EXPECT_EQ(fcntl(fds[1], F_SETPIPE_SZ, 4096), 4096);
    EXPECT_ERRNO(fcntl(fds[1], F_SETPIPE_SZ, -1), EINVAL);
    EXPECT_ERRNO(fcntl(STDIN_FILENO, F_SETPIPE_SZ, 4096), EBADF);

    int file = EXPECT_OK(open("/dev/null", O_RDONLY));
    EXPECT_ERRNO(fcntl(file, F_GETPIPE_SZ), EBADF);
    if (getuid() == 0) {
        pid_t child = fork_child();
        if (child == 0) {
            char text[64];
            read_file("/proc/sys/fs/pipe-max-size", text, sizeof text);
            EXPECT_OK(setuid(65534));
            EXPECT_OK(fcntl(fds[1], F_SETPIPE_SZ, 65536));
            EXPECT_ERRNO(fcntl(fds[1], F_SETPIPE_SZ, 2 * atoi(text)), EPERM);
            _exit(0);
        }
        EXPECT_EXIT(child, 0);
    }
    return 0;
}
