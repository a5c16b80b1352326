// SPDX-License-Identifier: Apache-2.0
//
// poll, ppoll, select, pselect, epoll_wait and epoll_pwait are never restarted, not even with SA_RESTART.
// signal(7).
#include "testing.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

int main(void) {
    watchdog(60);
    count_signals(SIGUSR1, SA_RESTART);
    int fds[2];
    EXPECT_OK(pipe(fds));
    int epoll = EXPECT_OK(epoll_create1(0));
    struct epoll_event event = {.events = EPOLLIN};
    EXPECT_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event));
    struct pollfd entry = {.fd = fds[0], .events = POLLIN};
    struct timespec long_time = {.tv_sec = 1000};
    struct timeval long_time_us = {.tv_sec = 1000};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fds[0], &set);
    sigset_t empty;
    sigemptyset(&empty);

    pid_t helper = start_interrupting(SIGUSR1);
    EXPECT_ERRNO(poll(&entry, 1, -1), EINTR);
    EXPECT_ERRNO(poll(&entry, 1, 1000000), EINTR);
    EXPECT_ERRNO(ppoll(&entry, 1, NULL, NULL), EINTR);
    EXPECT_ERRNO(ppoll(&entry, 1, &long_time, &empty), EINTR);
    EXPECT_ERRNO(select(fds[0] + 1, &set, NULL, NULL, NULL), EINTR);
    EXPECT_ERRNO(select(fds[0] + 1, &set, NULL, NULL, &long_time_us), EINTR);
    EXPECT(FD_ISSET(fds[0], &set));  // sets are unmodified on error
    EXPECT_ERRNO(pselect(fds[0] + 1, &set, NULL, NULL, NULL, &empty), EINTR);
    EXPECT_ERRNO(epoll_wait(epoll, &event, 1, -1), EINTR);
    EXPECT_ERRNO(epoll_pwait(epoll, &event, 1, 1000000, &empty), EINTR);
    stop_interrupting(helper);
    return 0;
}
