// SPDX-License-Identifier: Apache-2.0
//
// SO_RCVTIMEO and SO_SNDTIMEO end recv, accept, read and send with EAGAIN when nothing happens; data in time
// is returned; a handler ends them with EINTR even under SA_RESTART. socket(7), signal(7).
#include "testing.h"

#include <sys/socket.h>
#include <sys/time.h>

int main(void) {
    watchdog(60);
    int pair[2];
    char text[4096] = {0};
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    struct timeval timeout = {.tv_usec = 10000}, long_time = {.tv_sec = 1000}, seen;
    socklen_t size = sizeof seen;
    EXPECT_OK(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout));
    EXPECT_OK(setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout));
    EXPECT_OK(getsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &seen, &size));
    EXPECT(seen.tv_sec == 0 && seen.tv_usec >= 10000 && seen.tv_usec < 30000);
    EXPECT_ERRNO(recv(pair[0], text, 1, 0), EAGAIN);
    EXPECT_ERRNO(read(pair[0], text, 1), EAGAIN);
    while (send(pair[0], text, sizeof text, MSG_DONTWAIT) > 0) {
    }
    EXPECT_ERRNO(send(pair[0], text, sizeof text, 0), EAGAIN);
    EXPECT_EQ(send(pair[1], "x", 1, 0), 1);
    EXPECT_EQ(recv(pair[0], text, 1, 0), 1);

    EXPECT_OK(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &long_time, sizeof long_time));
    count_signals(SIGUSR1, SA_RESTART);
    pid_t helper = start_interrupting(SIGUSR1);
    EXPECT_ERRNO(recv(pair[0], text, 1, 0), EINTR);
    EXPECT_ERRNO(read(pair[0], text, 1), EINTR);
    stop_interrupting(helper);
    EXPECT_ERRNO(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, 4), EINVAL);
    return 0;
}
