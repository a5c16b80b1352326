// SPDX-License-Identifier: Apache-2.0
//
// accept(2) restarts after a handler with SA_RESTART, but not when the listening socket has SO_RCVTIMEO.
// signal(7).
#include "testing.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

static struct sockaddr_in address = {.sin_family = AF_INET};

static void connect_to_it(int) {
    int client = EXPECT_OK(socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_OK(connect(client, (struct sockaddr*)&address, sizeof address));
}

int main(void) {
    watchdog(60);
    count_signals(SIGUSR1, SA_RESTART);
    int listener = EXPECT_OK(socket(AF_INET, SOCK_STREAM, 0));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_OK(bind(listener, (struct sockaddr*)&address, size));
    EXPECT_OK(listen(listener, 4));
    EXPECT_OK(getsockname(listener, (struct sockaddr*)&address, &size));

    pid_t helper = interrupt_then(SIGUSR1, connect_to_it, 0);
    int connection = EXPECT_OK(accept(listener, NULL, NULL));
    EXPECT_EXIT(helper, 0);
    EXPECT_EQ(load(signal_count), 3);
    EXPECT_OK(close(connection));

    struct timeval long_time = {.tv_sec = 1000};
    EXPECT_OK(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &long_time, sizeof long_time));
    helper = start_interrupting(SIGUSR1);
    EXPECT_ERRNO(accept(listener, NULL, NULL), EINTR);
    stop_interrupting(helper);
    return 0;
}
