// SPDX-License-Identifier: Apache-2.0
//
// Without SA_RESTART a handler makes a blocked read, write, recv, accept and waitpid fail with EINTR.
// signal(7).
#include "testing.h"

#include <netinet/in.h>
#include <sys/socket.h>

int main(void) {
    watchdog(60);
    count_signals(SIGUSR1, 0);
    int fds[2], sockets[2];
    char block[4096] = {0};
    EXPECT_OK(pipe(fds));
    EXPECT_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets));
    int listener = EXPECT_OK(socket(AF_INET, SOCK_STREAM, 0));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    EXPECT_OK(bind(listener, (struct sockaddr*)&address, sizeof address));
    EXPECT_OK(listen(listener, 1));

    pid_t helper = start_interrupting(SIGUSR1);
    EXPECT_ERRNO(read(fds[0], block, 1), EINTR);
    EXPECT_ERRNO(recv(sockets[0], block, 1, 0), EINTR);
    EXPECT_ERRNO(accept(listener, NULL, NULL), EINTR);
    EXPECT_ERRNO(waitpid(helper, NULL, 0), EINTR);
    stop_interrupting(helper);

    int flags = EXPECT_OK(fcntl(fds[1], F_GETFL));
    EXPECT_OK(fcntl(fds[1], F_SETFL, flags | O_NONBLOCK));
    while (write(fds[1], block, sizeof block) > 0) {
    }
    EXPECT_OK(fcntl(fds[1], F_SETFL, flags));
    helper = start_interrupting(SIGUSR1);
    EXPECT_ERRNO(write(fds[1], block, 1), EINTR);
    stop_interrupting(helper);
    return 0;
}
