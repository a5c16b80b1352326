// SPDX-License-Identifier: Apache-2.0
//
// poll, ppoll, select and pselect report readable, writable, hang-up, error and invalid descriptors, time
// out, ignore negative ones, wake up from another thread, and work above 64 and near FD_SETSIZE. poll(2),
// select(2).
#include "testing.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>

static void* writer(void* argument) {
    wait_asleep(getpid(), getpid());
    EXPECT_EQ(write(*(int*)argument, "x", 1), 1);
    return NULL;
}

int main(void) {
    watchdog(60);
    int fds[2], full[2], sockets[2];
    char byte, block[4096] = {0};
    EXPECT_OK(pipe(fds));
    EXPECT_OK(pipe2(full, O_NONBLOCK));
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
    while (write(full[1], block, sizeof block) > 0) {
    }
    struct pollfd entries[] = {{.fd = fds[0], .events = POLLIN},
                               {.fd = fds[1], .events = POLLOUT},
                               {.fd = full[1], .events = POLLOUT},
                               {.fd = -1, .events = POLLIN},
                               {.fd = 999, .events = POLLIN}};
    EXPECT_EQ(poll(entries, 5, 1000000), 2);
    EXPECT(entries[0].revents == 0 && entries[1].revents == POLLOUT && entries[2].revents == 0);
    EXPECT(entries[3].revents == 0 && entries[4].revents == POLLNVAL);
    EXPECT_EQ(poll(entries, 1, 0), 0);
    EXPECT_EQ(poll(entries, 1, 1), 0);
    EXPECT_EQ(ppoll(entries, 1, &(struct timespec){.tv_nsec = 1000}, NULL), 0);
    pthread_t thread = start_thread(writer, &fds[1]);
    EXPECT_EQ(poll(entries, 1, -1), 1);
    EXPECT_EQ(entries[0].revents, POLLIN);
    join_thread(thread);
    EXPECT_EQ(read(fds[0], &byte, 1), 1);

    fd_set readable, writable;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    EXPECT_OK(dup2(fds[0], FD_SETSIZE - 1));
    FD_SET(FD_SETSIZE - 1, &readable);
    FD_SET(fds[0], &readable);
    FD_SET(full[1], &writable);
    FD_SET(sockets[0], &writable);
    thread = start_thread(writer, &fds[1]);
    FD_CLR(sockets[0], &writable);
    EXPECT_EQ(select(FD_SETSIZE, &readable, &writable, NULL, NULL), 2);
    EXPECT(FD_ISSET(fds[0], &readable) && FD_ISSET(FD_SETSIZE - 1, &readable) && !FD_ISSET(full[1], &writable));
    join_thread(thread);
    struct timeval timeout = {.tv_usec = 1000};
    EXPECT_EQ(select(0, NULL, NULL, NULL, &timeout), 0);
    EXPECT(timeout.tv_sec == 0 && timeout.tv_usec == 0);  // Linux tells the remaining time
    FD_ZERO(&readable);
    FD_SET(998, &readable);
    EXPECT_ERRNO(select(999, &readable, NULL, NULL, &timeout), EBADF);
    EXPECT_ERRNO(select(-1, NULL, NULL, NULL, &timeout), EINVAL);

    EXPECT_OK(close(sockets[1]));
    EXPECT_OK(close(fds[1]));
    EXPECT_OK(close(full[0]));
    struct pollfd ends[] = {{.fd = sockets[0], .events = POLLIN | POLLRDHUP},
                            {.fd = fds[0], .events = POLLOUT},
                            {.fd = full[1], .events = 0}};
    EXPECT_EQ(poll(ends, 3, -1), 3);
    EXPECT_EQ(ends[0].revents, POLLIN | POLLHUP | POLLRDHUP);
    EXPECT_EQ(ends[1].revents, POLLHUP);
    EXPECT_EQ(ends[2].revents, POLLERR);
    struct rlimit limit;
    EXPECT_OK(getrlimit(RLIMIT_NOFILE, &limit));
    EXPECT_ERRNO(poll(entries, (nfds_t)limit.rlim_cur + 1, 0), EINVAL);
    return 0;
}
