// SPDX-License-Identifier: Apache-2.0
//
// readv(2) on a pipe, recv(2) and recvmsg(2) on a socket restart after a handler with SA_RESTART. signal(7).
#include "testing.h"

#include <sys/socket.h>
#include <sys/uio.h>

static void release(int fd) { EXPECT_EQ(write(fd, "abcdef", 6), 6); }

int main(void) {
    watchdog(60);
    count_signals(SIGUSR1, SA_RESTART);
    int fds[2], sockets[2];
    EXPECT_OK(pipe(fds));
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
    char first[2], second[8];
    struct iovec parts[2] = {{first, sizeof first}, {second, sizeof second}};

    pid_t helper = interrupt_then(SIGUSR1, release, fds[1]);
    EXPECT_EQ(readv(fds[0], parts, 2), 6);
    EXPECT_EXIT(helper, 0);
    EXPECT(memcmp(first, "ab", 2) == 0 && memcmp(second, "cdef", 4) == 0);

    helper = interrupt_then(SIGUSR1, release, sockets[1]);
    EXPECT_EQ(recv(sockets[0], second, sizeof second, 0), 6);
    EXPECT_EXIT(helper, 0);

    helper = interrupt_then(SIGUSR1, release, sockets[1]);
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    EXPECT_EQ(recvmsg(sockets[0], &message, 0), 6);
    EXPECT_EXIT(helper, 0);
    EXPECT_EQ(load(signal_count), 9);
    return 0;
}
