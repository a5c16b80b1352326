// SPDX-License-Identifier: Apache-2.0
//
// Writing to a pipe or socket without a reader raises SIGPIPE in the writing thread and fails with EPIPE when
// that is ignored, blocked or handled; MSG_NOSIGNAL suppresses it; by default it kills. pipe(7), send(2).
#include "testing.h"

#include <sys/socket.h>

static volatile int runs, taker;

static void handler(int) {
    runs++;
    taker = own_tid();
}

static void* writer(void* argument) {
    int fd = *(int*)argument;
    EXPECT_ERRNO(write(fd, "x", 1), EPIPE);
    EXPECT_EQ(taker, own_tid());
    return NULL;
}

int main(void) {
    watchdog(60);
    int fds[2], sockets[2];
    EXPECT_OK(pipe(fds));
    EXPECT_OK(close(fds[0]));
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
    EXPECT_OK(close(sockets[0]));
    handle_with(SIGPIPE, handler, 0);
    EXPECT_ERRNO(write(fds[1], "x", 1), EPIPE);
    EXPECT_EQ(runs, 1);
    EXPECT_ERRNO(write(sockets[1], "x", 1), EPIPE);
    EXPECT_EQ(runs, 2);
    EXPECT_ERRNO(send(sockets[1], "x", 1, MSG_NOSIGNAL), EPIPE);
    EXPECT_EQ(runs, 2);
    join_thread(start_thread(writer, &fds[1]));
    EXPECT_EQ(runs, 3);

    sigset_t sigpipe = set_of(SIGPIPE);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &sigpipe, NULL));
    EXPECT_ERRNO(write(fds[1], "x", 1), EPIPE);
    EXPECT_EQ(sigtimedwait(&sigpipe, NULL, &(struct timespec){0}), SIGPIPE);
    EXPECT_OK(sigprocmask(SIG_UNBLOCK, &sigpipe, NULL));
    EXPECT(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    EXPECT_ERRNO(write(fds[1], "x", 1), EPIPE);

    pid_t child = fork_child();
    if (child == 0) {
        signal(SIGPIPE, SIG_DFL);
        EXPECT_EQ(write(fds[1], "x", 1), -2);
        _exit(8);
    }
    EXPECT_KILLED(child, SIGPIPE);
    return 0;
}
