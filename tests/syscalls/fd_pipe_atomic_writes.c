// SPDX-License-Identifier: Apache-2.0
//
// Writes of up to PIPE_BUF bytes to a pipe are not mixed with those of others, whole or EAGAIN where O_NONBLOCK is
// set; larger ones may be cut; a write to a pipe that nobody reads is SIGPIPE and EPIPE. pipe(7).
#include "testing.h"

enum { kWriters = 4, kMessages = 100, kSize = 1000 };

int main(void) {
    watchdog(60);
    int fds[2];
    EXPECT_OK(pipe(fds));
    pid_t writers[kWriters];
    for (int i = 0; i < kWriters; i++) {
        writers[i] = fork_child();
        if (writers[i] != 0) continue;
        char message[kSize];
        memset(message, 'a' + i, sizeof message);
        for (int round = 0; round < kMessages; round++) EXPECT_EQ(write(fds[1], message, kSize), kSize);
        _exit(0);
    }
    EXPECT_OK(close(fds[1]));
    static char all[kWriters * kMessages * kSize + 1];
    size_t length = read_all(fds[0], all, sizeof all);
    EXPECT_EQ(length, kWriters * kMessages * kSize);
    for (size_t at = 0; at < length; at += kSize)
        for (size_t i = 1; i < kSize; i++) EXPECT_EQ(all[at + i], all[at]);
    for (int i = 0; i < kWriters; i++) EXPECT_EXIT(writers[i], 0);
    EXPECT_OK(close(fds[0]));

    EXPECT_OK(pipe2(fds, O_NONBLOCK));
    int capacity = EXPECT_OK(fcntl(fds[1], F_SETPIPE_SZ, 8192));
    static char block[65536];
    EXPECT_EQ(write(fds[1], block, 4096 + 100), 4096 + 100);
    EXPECT_ERRNO(write(fds[1], block, PIPE_BUF), EAGAIN);  // all or nothing
    EXPECT(write(fds[1], block, PIPE_BUF + 1) > 0);        // as much as fits
    while (write(fds[1], block, 1) == 1) continue;
    EXPECT_EQ(errno, EAGAIN);
    EXPECT(read(fds[0], block, sizeof block) <= capacity);
    count_signals(SIGPIPE, 0);
    EXPECT_OK(close(fds[0]));
    EXPECT_ERRNO(write(fds[1], "x", 1), EPIPE);
    EXPECT_EQ(load(signal_count), 1);
    EXPECT_EQ(write(fds[1], "x", 0), 0);
    return 0;
}
