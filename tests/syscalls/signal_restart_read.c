// SPDX-License-Identifier: Apache-2.0
//
// read(2) on an empty pipe, interrupted by a handler with SA_RESTART, goes on waiting and returns the data
// that comes later. signal(7), "Interruption of system calls".
#include "testing.h"

static void release(int fd) { EXPECT_EQ(write(fd, "data", 4), 4); }

int main(void) {
    watchdog(60);
    count_signals(SIGUSR1, SA_RESTART);
    int fds[2];
    EXPECT_OK(pipe(fds));
    pid_t helper = interrupt_then(SIGUSR1, release, fds[1]);
    char text[16];
    EXPECT_EQ(read(fds[0], text, sizeof text), 4);
    EXPECT(memcmp(text, "data", 4) == 0);
    EXPECT_EXIT(helper, 0);
    EXPECT_EQ(load(signal_count), 3);
    return 0;
}
