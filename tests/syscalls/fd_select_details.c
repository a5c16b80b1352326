// SPDX-License-Identifier: Apache-2.0
//
// select: sets keep what is ready only, the count is of bits, the time that is left is written back, closed numbers
// are EBADF and leave the sets alone, urgent data is an exception, a signal is EINTR; pselect6 with a mask. select(2).
#include "testing.h"

#include <netinet/in.h>
#include <sys/select.h>
#include <sys/socket.h>

int main(void) {
    watchdog(60);
    int fds[2];
    fd_set in, out, except;
    EXPECT_OK(pipe(fds));
    int top = fds[0] > fds[1] ? fds[0] + 1 : fds[1] + 1;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(fds[0], &in), FD_SET(fds[1], &out);
    struct timeval time = {.tv_sec = 5};
    EXPECT_EQ(select(top, &in, &out, NULL, &time), 1);
    EXPECT(!FD_ISSET(fds[0], &in) && FD_ISSET(fds[1], &out));
    EXPECT(time.tv_sec == 4 || (time.tv_sec == 5 && time.tv_usec == 0));
    EXPECT_EQ(write(fds[1], "x", 1), 1);
    FD_SET(fds[0], &in), FD_SET(fds[1], &out);
    EXPECT_EQ(select(top, &in, &out, NULL, NULL), 2);
    FD_ZERO(&out);
    FD_SET(fds[0], &in);
    EXPECT_EQ(select(fds[0], &in, NULL, NULL, &(struct timeval){0}), 0);  // beyond nfds
    time = (struct timeval){.tv_usec = 1000};
    EXPECT_EQ(select(0, NULL, NULL, NULL, &time), 0);
    EXPECT(time.tv_sec == 0 && time.tv_usec == 0);
    time.tv_sec = -1;
    EXPECT_ERRNO(select(0, NULL, NULL, NULL, &time), EINVAL);
    EXPECT_ERRNO(select(-1, NULL, NULL, NULL, NULL), EINVAL);

    int closed = EXPECT_OK(dup(fds[0]));
    EXPECT_OK(close(closed));
    FD_ZERO(&in);
    FD_SET(closed, &in);
    FD_SET(fds[0], &in);
    EXPECT_ERRNO(select(closed + 1, &in, NULL, NULL, NULL), EBADF);
    EXPECT(FD_ISSET(closed, &in) && FD_ISSET(fds[0], &in));

    int listener = EXPECT_OK(socket(AF_INET, SOCK_STREAM, 0)), client = EXPECT_OK(socket(AF_INET, SOCK_STREAM, 0));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    EXPECT_OK(bind(listener, (struct sockaddr*)&address, sizeof address));
    EXPECT_OK(listen(listener, 1));
    EXPECT_OK(getsockname(listener, (struct sockaddr*)&address, &size));
    EXPECT_OK(connect(client, (struct sockaddr*)&address, sizeof address));
    int server = EXPECT_OK(accept(listener, NULL, NULL));
    EXPECT_EQ(send(client, "!", 1, MSG_OOB), 1);
    FD_ZERO(&in);
    FD_ZERO(&except);
    FD_SET(server, &in), FD_SET(server, &except);
    EXPECT_EQ(select(server + 1, NULL, NULL, &except, NULL), 1);
    EXPECT(FD_ISSET(server, &except));

    count_signals(SIGUSR1, SA_RESTART);
    sigset_t blocked = set_of(SIGUSR1), none;
    sigemptyset(&none);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &blocked, NULL));
    EXPECT_OK(raise(SIGUSR1));
    EXPECT_ERRNO(pselect(0, NULL, NULL, NULL, NULL, &none), EINTR);
    EXPECT_EQ(load(signal_count), 1);
    return 0;
}
