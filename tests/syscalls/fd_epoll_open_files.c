// SPDX-License-Identifier: Apache-2.0
//
// An epoll registration belongs to the open file and the number it was added by: a duplicate keeps it alive after the
// number is closed, the number used again can be added beside it, and a child of fork shares instance and
// registrations. epoll(7), questions and answers 6.
#include "testing.h"

#include <sys/epoll.h>

static int epoll;

static int wait_one(uint64_t* data) {
    struct epoll_event event = {0};
    int count = EXPECT_OK(epoll_wait(epoll, &event, 1, 0));
    *data = event.data.u64;
    return count;
}

int main(void) {
    watchdog(60);
    epoll = EXPECT_OK(epoll_create1(0));
    int fds[2], others[2];
    uint64_t data;
    EXPECT_OK(pipe(fds));
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 1};
    EXPECT_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event));
    int duplicate = EXPECT_OK(dup(fds[0]));
    event.data.u64 = 2;
    EXPECT_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, duplicate, &event));  // another number: another registration
    EXPECT_OK(epoll_ctl(epoll, EPOLL_CTL_DEL, duplicate, NULL));
    EXPECT_OK(close(fds[0]));
    EXPECT_EQ(write(fds[1], "x", 1), 1);
    EXPECT_EQ(wait_one(&data), 1);
    EXPECT_EQ(data, 1);
    EXPECT_ERRNO(epoll_ctl(epoll, EPOLL_CTL_DEL, fds[0], NULL), EBADF);  // unreachable until the last close
    EXPECT_OK(pipe(others));
    EXPECT_EQ(others[0], fds[0]);
    event.data.u64 = 3;
    EXPECT_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, others[0], &event));
    EXPECT_OK(epoll_ctl(epoll, EPOLL_CTL_DEL, others[0], NULL));
    EXPECT_EQ(wait_one(&data), 1);
    EXPECT_EQ(data, 1);
    EXPECT_OK(close(duplicate));
    EXPECT_EQ(wait_one(&data), 0);

    event.data.u64 = 4;
    EXPECT_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, others[0], &event));
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_EQ(write(others[1], "y", 1), 1);
        EXPECT_EQ(wait_one(&data), 1);
        EXPECT_EQ(data, 4);
        event.data.u64 = 5;
        EXPECT_OK(epoll_ctl(epoll, EPOLL_CTL_MOD, others[0], &event));
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    EXPECT_EQ(wait_one(&data), 1);
    EXPECT_EQ(data, 5);  // the child changed the instance that both have
    return 0;
}
