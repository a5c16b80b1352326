// SPDX-License-Identifier: Apache-2.0
//
// epoll: level-triggered reports as long as there is data, edge-triggered once an arrival, one-shot until
// re-armed; EPOLLRDHUP and EPOLLHUP; nested epoll; duplicates; the set forgets a closed file; errors; wake-up
// from another thread. epoll(7).
#include "testing.h"

#include <sys/epoll.h>
#include <sys/socket.h>

static int epoll;

static int wait_events(int timeout, uint64_t data) {
    struct epoll_event events[4];
    int count = EXPECT_OK(epoll_wait(epoll, events, 4, timeout));
    if (count == 0) return 0;
    EXPECT_EQ(count, 1);
    EXPECT_EQ(events[0].data.u64, data);
    return (int)events[0].events;
}

static void control(int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    EXPECT_OK(epoll_ctl(epoll, operation, fd, &event));
}

static void* writer(void* argument) {
    wait_asleep(getpid(), getpid());
    EXPECT_EQ(write(*(int*)argument, "x", 1), 1);
    return NULL;
}

int main(void) {
    watchdog(60);
    epoll = EXPECT_OK(epoll_create1(0));
    int fds[2], sockets[2];
    char text[16];
    EXPECT_OK(pipe(fds));
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
    control(EPOLL_CTL_ADD, fds[0], EPOLLIN, 1);
    EXPECT_EQ(wait_events(0, 1), 0);
    EXPECT_EQ(write(fds[1], "ab", 2), 2);
    EXPECT_EQ(wait_events(-1, 1), EPOLLIN);
    EXPECT_EQ(wait_events(0, 1), EPOLLIN);
    control(EPOLL_CTL_MOD, fds[0], EPOLLIN | EPOLLET, 2);
    EXPECT_EQ(wait_events(0, 2), EPOLLIN);
    EXPECT_EQ(wait_events(0, 2), 0);
    EXPECT_EQ(write(fds[1], "c", 1), 1);
    EXPECT_EQ(wait_events(0, 2), EPOLLIN);
    EXPECT_EQ(wait_events(0, 2), 0);
    control(EPOLL_CTL_MOD, fds[0], EPOLLIN | EPOLLONESHOT, 3);
    EXPECT_EQ(wait_events(0, 3), EPOLLIN);
    EXPECT_EQ(write(fds[1], "d", 1), 1);
    EXPECT_EQ(wait_events(0, 3), 0);
    control(EPOLL_CTL_MOD, fds[0], EPOLLIN | EPOLLONESHOT, 4);
    EXPECT_EQ(wait_events(0, 4), EPOLLIN);
    EXPECT_EQ(read(fds[0], text, sizeof text), 4);
    control(EPOLL_CTL_MOD, fds[0], EPOLLIN, 5);

    int outer = EXPECT_OK(epoll_create1(0)), inner = epoll;
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 9};
    EXPECT_OK(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event));
    EXPECT_ERRNO(epoll_ctl(inner, EPOLL_CTL_ADD, outer, &event), ELOOP);
    pthread_t thread = start_thread(writer, &fds[1]);
    epoll = outer;
    EXPECT_EQ(wait_events(-1, 9), EPOLLIN);
    epoll = inner;
    join_thread(thread);
    EXPECT_EQ(wait_events(0, 5), EPOLLIN);
    EXPECT_EQ(read(fds[0], text, sizeof text), 1);
    EXPECT_OK(close(fds[1]));
    EXPECT_EQ(wait_events(0, 5), EPOLLHUP);
    EXPECT_OK(close(fds[0]));
    EXPECT_EQ(wait_events(0, 5), 0);

    control(EPOLL_CTL_ADD, sockets[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP, 6);
    EXPECT_EQ(wait_events(0, 6), EPOLLOUT);
    EXPECT_OK(shutdown(sockets[1], SHUT_WR));
    EXPECT_EQ(wait_events(0, 6), EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    EXPECT_ERRNO(epoll_ctl(epoll, EPOLL_CTL_ADD, sockets[0], &event), EEXIST);
    control(EPOLL_CTL_DEL, sockets[0], 0, 0);
    EXPECT_ERRNO(epoll_ctl(epoll, EPOLL_CTL_DEL, sockets[0], &event), ENOENT);
    EXPECT_ERRNO(epoll_ctl(epoll, EPOLL_CTL_ADD, 999, &event), EBADF);
    EXPECT_ERRNO(epoll_ctl(epoll, EPOLL_CTL_ADD, epoll, &event), EINVAL);
    EXPECT_ERRNO(epoll_ctl(epoll, EPOLL_CTL_ADD, EXPECT_OK(open("/", O_RDONLY)), &event), EPERM);
    EXPECT_ERRNO(epoll_wait(epoll, &event, 0, 0), EINVAL);
    EXPECT_ERRNO(epoll_wait(0, &event, 1, 0), EINVAL);
    return 0;
}
