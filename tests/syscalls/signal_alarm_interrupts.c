// SPDX-License-Identifier: Apache-2.0
//
// alarm ends a blocking read with EINTR (no SA_RESTART), ends pause, and by default ends the process.
// alarm(2).
#include "testing.h"

static volatile int count;

static void handler(int) { count++; }

int main(void) {
    watchdog_without_alarm(60);
    int fds[2];
    char byte;
    EXPECT_OK(pipe(fds));
    handle_with(SIGALRM, handler, 0);
    EXPECT_EQ(alarm(1), 0);
    EXPECT_ERRNO(read(fds[0], &byte, 1), EINTR);
    EXPECT_EQ(count, 1);
    EXPECT_EQ(alarm(1), 0);
    EXPECT_ERRNO(pause(), EINTR);
    EXPECT_EQ(count, 2);

    pid_t child = EXPECT_OK(fork());
    if (child == 0) {
        signal(SIGALRM, SIG_DFL);
        alarm(1);
        for (;;) pause();
    }
    EXPECT_KILLED(child, SIGALRM);
    return 0;
}
