// SPDX-License-Identifier: Apache-2.0
//
// Epoll instances within one another: readiness goes up through all levels, to poll as well; a circle and a chain of
// more than five are ELOOP; a closed inner instance disappears. epoll_ctl(2).
#include "testing.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int is_ready(int fd) {
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    EXPECT_OK(poll(&entry, 1, 0));
    return entry.revents;
}

static int watch(int outer, int inner) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = inner};
    return epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event);
}

int main(void) {
    watchdog(60);
    int counter = EXPECT_OK(eventfd(0, EFD_NONBLOCK)), levels[8];
    for (int i = 0; i < 8; i++) levels[i] = EXPECT_OK(epoll_create1(0));
    EXPECT_OK(watch(levels[0], counter));
    int depth = 1;
    while (depth < 8 && watch(levels[depth], levels[depth - 1]) == 0) depth++;
    EXPECT_EQ(errno, ELOOP);
    EXPECT_EQ(depth, 5);
    EXPECT_ERRNO(watch(levels[0], levels[depth - 1]), ELOOP);
    EXPECT_ERRNO(watch(levels[0], levels[0]), EINVAL);

    EXPECT_EQ(is_ready(levels[depth - 1]), 0);
    EXPECT_OK(eventfd_write(counter, 1));
    for (int i = 0; i < depth; i++) {
        EXPECT_EQ(is_ready(levels[i]), POLLIN);
        struct epoll_event event;
        EXPECT_EQ(epoll_wait(levels[i], &event, 1, -1), 1);
        EXPECT_EQ(event.data.fd, i == 0 ? counter : levels[i - 1]);
    }
    uint64_t value;
    EXPECT_EQ(read(counter, &value, 8), 8);
    for (int i = 0; i < depth; i++) EXPECT_EQ(is_ready(levels[i]), 0);
    EXPECT_OK(eventfd_write(counter, 1));
    EXPECT_OK(close(levels[2]));
    EXPECT_EQ(is_ready(levels[1]), POLLIN);
    EXPECT_EQ(is_ready(levels[3]), 0);
    EXPECT_EQ(is_ready(levels[4]), 0);
    return 0;
}
