// SPDX-License-Identifier: Apache-2.0
//
// EPOLLET reports a change once: not again while unread bytes wait, again for each new arrival and for EPOLL_CTL_MOD,
// EPOLLOUT when room has come after a full buffer, and hang-up. epoll(7).
#include "testing.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

static int epoll;

static uint32_t next(void) {
    struct epoll_event event = {0};
    return EXPECT_OK(epoll_wait(epoll, &event, 1, 0)) == 1 ? event.events : 0;
}

static void control(int operation, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    EXPECT_OK(epoll_ctl(epoll, operation, fd, &event));
}

int main(void) {
    watchdog(60);
    epoll = EXPECT_OK(epoll_create1(EPOLL_CLOEXEC));
    int pair[2];
    char block[65536];
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair));
    control(EPOLL_CTL_ADD, pair[0], EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP);
    EXPECT_EQ(next(), EPOLLOUT);
    EXPECT_EQ(next(), 0);
    EXPECT_EQ(write(pair[1], "abc", 3), 3);
    EXPECT_EQ(next() & EPOLLIN, EPOLLIN);
    EXPECT_EQ(next(), 0);
    EXPECT_EQ(read(pair[0], block, 1), 1);  // some remain: no new event for them
    EXPECT_EQ(next(), 0);
    EXPECT_EQ(write(pair[1], "d", 1), 1);
    EXPECT_EQ(next() & EPOLLIN, EPOLLIN);
    control(EPOLL_CTL_MOD, pair[0], EPOLLIN | EPOLLET);
    EXPECT_EQ(next(), EPOLLIN);  // looking anew
    EXPECT_EQ(next(), 0);

    memset(block, 'x', sizeof block);
    control(EPOLL_CTL_MOD, pair[0], EPOLLOUT | EPOLLET);
    while (write(pair[0], block, sizeof block) > 0) continue;
    EXPECT_EQ(errno, EAGAIN);
    next();
    EXPECT_EQ(next(), 0);
    while (read(pair[1], block, sizeof block) > 0) continue;
    EXPECT_EQ(next() & EPOLLOUT, EPOLLOUT);
    control(EPOLL_CTL_MOD, pair[0], EPOLLIN | EPOLLRDHUP | EPOLLET);
    next();
    EXPECT_OK(close(pair[1]));
    EXPECT_EQ(next() & (EPOLLHUP | EPOLLRDHUP), EPOLLHUP | EPOLLRDHUP);
    EXPECT_EQ(next(), 0);

    int counter = EXPECT_OK(eventfd(0, EFD_NONBLOCK));
    control(EPOLL_CTL_ADD, counter, EPOLLIN | EPOLLET);
    for (int i = 0; i < 3; i++) {  // each write is an arrival, read or not
        EXPECT_OK(eventfd_write(counter, 1));
        EXPECT_EQ(next(), EPOLLIN);
        EXPECT_EQ(next(), 0);
    }
    return 0;
}
