// SPDX-License-Identifier: Apache-2.0
//
// signalfd: a blocked signal makes it readable, reading takes it with pid, code and value; several at a time;
// EAGAIN when empty and non-blocking; poll and epoll see it; the mask can be changed. signalfd(2).
#include "testing.h"

#include <poll.h>
#include <sys/signalfd.h>

static int events(int fd, int timeout) {
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    EXPECT_OK(poll(&entry, 1, timeout));
    return entry.revents;
}

int main(void) {
    watchdog(60);
    sigset_t set = set_of(SIGRTMIN), other = set_of(SIGUSR2);
    sigaddset(&set, SIGUSR1);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    EXPECT_OK(sigprocmask(SIG_BLOCK, &other, NULL));
    int fd = EXPECT_OK(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    struct signalfd_siginfo info[4];
    EXPECT_ERRNO(read(fd, info, sizeof info), EAGAIN);
    EXPECT_ERRNO(read(fd, info, sizeof info[0] - 1), EINVAL);
    EXPECT_EQ(events(fd, 0), 0);

    EXPECT_OK(raise(SIGUSR2));  // blocked, but not in the descriptor's set
    EXPECT_EQ(events(fd, 0), 0);
    EXPECT_OK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 5}));
    EXPECT_OK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 6}));
    EXPECT_OK(kill(getpid(), SIGUSR1));
    EXPECT_EQ(events(fd, -1), POLLIN);
    EXPECT_EQ(read(fd, info, sizeof info), 3 * sizeof info[0]);
    EXPECT(info[0].ssi_signo == SIGUSR1 && info[0].ssi_code == SI_USER && info[0].ssi_pid == (uint32_t)getpid());
    EXPECT(info[1].ssi_signo == (uint32_t)SIGRTMIN && info[1].ssi_int == 5 && info[1].ssi_code == SI_QUEUE);
    EXPECT(info[2].ssi_signo == (uint32_t)SIGRTMIN && info[2].ssi_int == 6);
    EXPECT_EQ(events(fd, 0), 0);

    EXPECT_EQ(signalfd(fd, &other, 0), fd);
    EXPECT_EQ(read(fd, info, sizeof info), sizeof info[0]);
    EXPECT_EQ(info[0].ssi_signo, SIGUSR2);

    int blocking = EXPECT_OK(signalfd(-1, &set, 0));
    pid_t parent = getpid(), tid = own_tid(), child = fork_child();
    if (child == 0) {
        wait_asleep(parent, tid);
        EXPECT_OK(kill(parent, SIGUSR1));
        _exit(0);
    }
    EXPECT_EQ(read(blocking, info, sizeof info), sizeof info[0]);
    EXPECT_EQ(info[0].ssi_pid, child);
    EXPECT_EXIT(child, 0);
    return 0;
}
