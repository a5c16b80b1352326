// SPDX-License-Identifier: Apache-2.0
//
// Every call that makes a descriptor takes the lowest free number, also after the standard ones were closed.
// open(2).
#include "testing.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

int main(void) {
    watchdog(60);
    EXPECT_OK(syscall(SYS_close_range, 0, 1, 0));
    EXPECT_OK(syscall(SYS_close_range, 3, ~0U, 0));
    EXPECT_EQ(open("/dev/null", O_RDONLY), 0);
    int fds[2];
    EXPECT_OK(pipe(fds));
    EXPECT(fds[0] == 1 && fds[1] == 3);
    EXPECT_EQ(socket(AF_UNIX, SOCK_STREAM, 0), 4);
    EXPECT_EQ(eventfd(0, 0), 5);
    EXPECT_OK(close(4));
    EXPECT_EQ(epoll_create1(0), 4);
    EXPECT_OK(close(0));
    EXPECT_OK(close(3));
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
    EXPECT(fds[0] == 0 && fds[1] == 3);
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(close(5));
        EXPECT_EQ(dup(0), 5);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    EXPECT_EQ(dup(0), 6);
    return 0;
}
