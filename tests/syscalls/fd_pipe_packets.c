// SPDX-License-Identifier: Apache-2.0
//
// A pipe with O_DIRECT keeps writes apart: one read a packet, the rest of a packet is dropped, more than PIPE_BUF is
// several packets, O_DIRECT can be set and cleared by F_SETFL and counts for what is written while it is set. pipe(2).
#include "testing.h"

int main(void) {
    watchdog(60);
    int fds[2];
    static char block[3 * PIPE_BUF], back[3 * PIPE_BUF];
    EXPECT_OK(pipe2(fds, O_DIRECT | O_NONBLOCK | O_CLOEXEC));
    EXPECT((fcntl(fds[1], F_GETFL) & O_DIRECT) != 0);
    memset(block, 'p', sizeof block);
    EXPECT_EQ(write(fds[1], block, PIPE_BUF + 10), PIPE_BUF + 10);
    EXPECT_EQ(read(fds[0], back, sizeof back), PIPE_BUF);
    EXPECT_EQ(read(fds[0], back, sizeof back), 10);
    EXPECT_EQ(write(fds[1], "first", 5), 5);
    EXPECT_EQ(write(fds[1], "second", 6), 6);
    EXPECT_EQ(write(fds[1], "", 0), 0);  // no packet
    EXPECT_EQ(read(fds[0], back, 3), 3);
    EXPECT_EQ(memcmp(back, "fir", 3), 0);
    EXPECT_EQ(read(fds[0], back, 100), 6);
    EXPECT_EQ(memcmp(back, "second", 6), 0);
    EXPECT_ERRNO(read(fds[0], back, 100), EAGAIN);

    EXPECT_OK(fcntl(fds[1], F_SETFL, O_NONBLOCK));  // a stream from here on
    EXPECT_EQ(write(fds[1], "ab", 2), 2);
    EXPECT_EQ(write(fds[1], "cd", 2), 2);
    EXPECT_EQ(read(fds[0], back, 100), 4);
    EXPECT_EQ(memcmp(back, "abcd", 4), 0);
    EXPECT_OK(fcntl(fds[1], F_SETFL, O_NONBLOCK | O_DIRECT));
    EXPECT_EQ(write(fds[1], "e", 1), 1);
    EXPECT_EQ(write(fds[1], "f", 1), 1);
    EXPECT_EQ(read(fds[0], back, 100), 1);
    EXPECT_EQ(read(fds[0], back, 100), 1);

    pid_t child = fork_child();
    if (child == 0) {
        for (int i = 1; i <= 10; i++) EXPECT_EQ(write(fds[1], block, (size_t)i), i);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    for (int i = 1; i <= 10; i++) EXPECT_EQ(read(fds[0], back, sizeof back), i);
    EXPECT_OK(close(fds[1]));
    EXPECT_EQ(read(fds[0], back, sizeof back), 0);
    return 0;
}
