// SPDX-License-Identifier: Apache-2.0
//
// ppoll, pselect and epoll_pwait take the mask for the wait only: a blocked pending signal is delivered
// exactly once, the call ends with EINTR, and the old mask is back; a ready descriptor and a mask that blocks
// deliver nothing. ppoll(2), select(2), epoll_wait(2).
#include "testing.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

static volatile int runs, usr2_blocked_in_handler;
static int fds[2], epoll;

static void handler(int) {
    sigset_t mask;
    EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
    usr2_blocked_in_handler = sigismember(&mask, SIGUSR2);
    runs++;
}

static int wait_in(int way, const sigset_t* mask) {
    struct pollfd entry = {.fd = fds[0], .events = POLLIN};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fds[0], &set);
    if (way == 0) return ppoll(&entry, 1, NULL, mask);
    if (way == 1) return pselect(fds[0] + 1, &set, NULL, NULL, NULL, mask);
    return epoll_pwait(epoll, &(struct epoll_event){0}, 1, -1, mask);
}

int main(void) {
    watchdog(60);
    EXPECT_OK(pipe(fds));
    epoll = EXPECT_OK(epoll_create1(0));
    EXPECT_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &(struct epoll_event){.events = EPOLLIN}));
    handle_with(SIGUSR1, handler, SA_RESTART);
    sigset_t usr1 = set_of(SIGUSR1), usr2 = set_of(SIGUSR2), mask;
    for (int way = 0; way < 3; way++) {
        for (int i = 0; i < 100; i++) {
            runs = 0;
            EXPECT_OK(sigprocmask(SIG_SETMASK, &usr1, NULL));
            EXPECT_OK(kill(getpid(), SIGUSR1));
            EXPECT_EQ(runs, 0);
            EXPECT_ERRNO(wait_in(way, &usr2), EINTR);
            EXPECT_EQ(runs, 1);
            EXPECT_EQ(usr2_blocked_in_handler, 1);
            EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
            EXPECT(sigismember(&mask, SIGUSR1) == 1 && sigismember(&mask, SIGUSR2) == 0);
        }
        runs = 0;
        EXPECT_EQ(write(fds[1], "x", 1), 1);
        EXPECT_OK(sigprocmask(SIG_SETMASK, &usr2, NULL));
        // The descriptor is ready and the temporary mask blocks SIGUSR1: it stays pending.
        EXPECT_OK(sigprocmask(SIG_BLOCK, &usr1, NULL));
        EXPECT_OK(kill(getpid(), SIGUSR1));
        EXPECT_EQ(wait_in(way, &usr1), 1);
        EXPECT_EQ(runs, 0);
        EXPECT_OK(sigprocmask(SIG_UNBLOCK, &usr1, NULL));
        EXPECT_EQ(runs, 1);
        char byte;
        EXPECT_EQ(read(fds[0], &byte, 1), 1);
    }
    return 0;
}
