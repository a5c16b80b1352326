// SPDX-License-Identifier: Apache-2.0
//
// write(2) to a full pipe restarts with SA_RESTART while nothing is written; once a part is written, an
// interrupted write returns that part's length. signal(7), pipe(7).
#include "testing.h"

static char block[1 << 20];
static int fds[2];

static void drain_all(int fd) { EXPECT(read(fd, block, sizeof block) > 0); }

static void fill(void) {
    EXPECT_OK(fcntl(fds[1], F_SETFL, O_NONBLOCK));
    while (write(fds[1], block, 4096) > 0) {
    }
    EXPECT_OK(fcntl(fds[1], F_SETFL, 0));
}

int main(void) {
    watchdog(60);
    EXPECT_OK(pipe(fds));
    int capacity = EXPECT_OK(fcntl(fds[1], F_GETPIPE_SZ));
    count_signals(SIGUSR1, SA_RESTART);
    fill();
    pid_t helper = interrupt_then(SIGUSR1, drain_all, fds[0]);
    EXPECT_EQ(write(fds[1], "x", 1), 1);
    EXPECT_EXIT(helper, 0);
    EXPECT_EQ(load(signal_count), 3);
    EXPECT_EQ(read(fds[0], block, sizeof block), 1);

    // More than fits: the pipe is filled, the writer blocks, a signal makes it return what it has written.
    helper = start_interrupting(SIGUSR1);
    ssize_t written = EXPECT_OK(write(fds[1], block, sizeof block));
    stop_interrupting(helper);
    EXPECT_EQ(written, capacity);
    return 0;
}
