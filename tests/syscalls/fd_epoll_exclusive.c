// SPDX-License-Identifier: Apache-2.0
//
// EPOLLEXCLUSIVE: only with EPOLL_CTL_ADD, only beside a few other bits, not for an epoll instance; an event that two
// instances wait for exclusively reaches at least one, and level triggering keeps it visible. epoll_ctl(2).
#include "testing.h"

#include <sys/epoll.h>

static int instances[2], fds[2];
static volatile int woken;

static void* wait_for_event(void* argument) {
    struct epoll_event event = {0};
    EXPECT_EQ(epoll_wait(*(int*)argument, &event, 1, -1), 1);
    EXPECT_EQ(event.events, EPOLLIN);
    add(&woken, 1);
    return NULL;
}

int main(void) {
    watchdog(60);
    EXPECT_OK(pipe(fds));
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};
    for (int i = 0; i < 2; i++) {
        instances[i] = EXPECT_OK(epoll_create1(0));
        EXPECT_OK(epoll_ctl(instances[i], EPOLL_CTL_ADD, fds[0], &event));
    }
    EXPECT_ERRNO(epoll_ctl(instances[0], EPOLL_CTL_MOD, fds[0], &event), EINVAL);
    event.events = EPOLLIN;
    EXPECT_ERRNO(epoll_ctl(instances[0], EPOLL_CTL_MOD, fds[0], &event), EINVAL);  // it was added exclusively
    event.events = EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT;
    int other[2];
    EXPECT_OK(pipe(other));
    EXPECT_ERRNO(epoll_ctl(instances[0], EPOLL_CTL_ADD, other[0], &event), EINVAL);
    event.events = EPOLLIN | EPOLLEXCLUSIVE | EPOLLET | EPOLLWAKEUP;
    EXPECT_OK(epoll_ctl(instances[0], EPOLL_CTL_ADD, other[0], &event));
    event.events = EPOLLIN | EPOLLEXCLUSIVE;
    EXPECT_ERRNO(epoll_ctl(instances[0], EPOLL_CTL_ADD, instances[1], &event), EINVAL);

    pthread_t threads[2];
    for (int i = 0; i < 2; i++) threads[i] = start_thread(wait_for_event, &instances[i]);
    EXPECT_EQ(write(fds[1], "x", 1), 1);
    wait_until_at_least(&woken, 1);
    EXPECT_EQ(write(fds[1], "y", 1), 1);  // whoever still sleeps is the only one who can be woken
    for (int i = 0; i < 2; i++) join_thread(threads[i]);
    for (int i = 0; i < 2; i++) EXPECT_EQ(epoll_wait(instances[i], &event, 1, 0), 1);
    return 0;
}
