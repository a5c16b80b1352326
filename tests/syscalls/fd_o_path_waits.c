// SPDX-License-Identifier: Apache-2.0
//
// Nothing can be waited for at an O_PATH descriptor: POLLNVAL from poll, EBADF from epoll_ctl. open(2).
#include "testing.h"

#include <poll.h>
#include <sys/epoll.h>

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("file", "content", 0600);
    int fd = EXPECT_OK(open("file", O_PATH)), epoll = EXPECT_OK(epoll_create1(0));
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    EXPECT_EQ(poll(&entry, 1, -1), 1);
    EXPECT_EQ(entry.revents, POLLNVAL);
    struct epoll_event event = {.events = EPOLLIN};
    EXPECT_ERRNO(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), EBADF);
    return 0;
}
