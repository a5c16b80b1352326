// SPDX-License-Identifier: Apache-2.0
//
// EPOLLONESHOT among threads: each readiness goes to one waiter, and nothing more comes until EPOLL_CTL_MOD arms it
// again; with EPOLLET alone, one arrival wakes one of many waiters. epoll(7).
#include "testing.h"

#include <sys/epoll.h>

enum { kThreads = 4, kRounds = 200 };
static int epoll, fds[2];
static volatile int inside, taken, overlaps;

static void* serve(void*) {
    for (;;) {
        struct epoll_event event = {0};
        EXPECT_EQ(epoll_wait(epoll, &event, 1, -1), 1);
        if (event.data.u64 == 2) return NULL;  // the end, for everybody
        if (add(&inside, 1) != 1) add(&overlaps, 1);
        char letter;
        EXPECT_EQ(read(fds[0], &letter, 1), 1);
        add(&taken, 1);
        add(&inside, -1);
        struct epoll_event again = {.events = EPOLLIN | EPOLLONESHOT, .data.u64 = 1};
        EXPECT_OK(epoll_ctl(epoll, EPOLL_CTL_MOD, fds[0], &again));
    }
}

int main(void) {
    watchdog(60);
    epoll = EXPECT_OK(epoll_create1(0));
    EXPECT_OK(pipe(fds));
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.u64 = 1};
    EXPECT_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event));
    pthread_t threads[kThreads];
    for (int i = 0; i < kThreads; i++) threads[i] = start_thread(serve, NULL);
    for (int i = 0; i < kRounds; i++) EXPECT_EQ(write(fds[1], "x", 1), 1);
    wait_until_at_least(&taken, kRounds);
    EXPECT_EQ(taken, kRounds);
    EXPECT_EQ(overlaps, 0);
    int end[2];
    EXPECT_OK(pipe(end));
    event = (struct epoll_event){.events = EPOLLIN, .data.u64 = 2};  // level-triggered: all see it
    EXPECT_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, end[0], &event));
    EXPECT_EQ(write(end[1], "x", 1), 1);
    for (int i = 0; i < kThreads; i++) join_thread(threads[i]);
    EXPECT_EQ(epoll_wait(epoll, &event, 1, 0), 1);
    EXPECT_EQ(event.data.u64, 2);
    return 0;
}
