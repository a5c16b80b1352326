// SPDX-License-Identifier: Apache-2.0
//
// Pipes: capacity (F_GETPIPE_SZ, F_SETPIPE_SZ), EAGAIN when full and when empty with O_NONBLOCK, end of file,
// FIONREAD, O_DIRECT packets, a FIFO by name. pipe(7), fifo(7).
#include "testing.h"

#include <sys/ioctl.h>

int main(void) {
    watchdog(60);
    int fds[2], available;
    static char block[1 << 20];
    EXPECT_OK(pipe2(fds, O_NONBLOCK));
    EXPECT_ERRNO(read(fds[0], block, 1), EAGAIN);
    int capacity = EXPECT_OK(fcntl(fds[0], F_GETPIPE_SZ));
    EXPECT_EQ(write(fds[1], block, sizeof block), capacity);
    EXPECT_ERRNO(write(fds[1], block, 1), EAGAIN);
    EXPECT_OK(ioctl(fds[0], FIONREAD, &available));
    EXPECT_EQ(available, capacity);
    EXPECT_EQ(read(fds[0], block, 4096), 4096);
    EXPECT_EQ(read(fds[0], block, 10), 10);
    while (read(fds[0], block, sizeof block) > 0) {
    }
    int larger = EXPECT_OK(fcntl(fds[0], F_SETPIPE_SZ, 2 * 65536));
    EXPECT(larger >= 2 * 65536);
    EXPECT_EQ(fcntl(fds[1], F_GETPIPE_SZ), larger);
    EXPECT_EQ(write(fds[1], "end", 3), 3);
    EXPECT_OK(close(fds[1]));
    EXPECT_EQ(read(fds[0], block, 100), 3);
    EXPECT_EQ(read(fds[0], block, 100), 0);
    EXPECT_ERRNO(lseek(fds[0], 0, SEEK_CUR), ESPIPE);
    EXPECT_ERRNO(write(fds[0], "x", 1), EBADF);

    EXPECT_OK(pipe2(fds, O_DIRECT | O_NONBLOCK));
    EXPECT_EQ(write(fds[1], "one", 3), 3);
    EXPECT_EQ(write(fds[1], "three", 5), 5);
    EXPECT_EQ(read(fds[0], block, 100), 3);
    EXPECT_EQ(read(fds[0], block, 2), 2);  // the rest of the packet is dropped
    EXPECT_ERRNO(read(fds[0], block, 100), EAGAIN);

    enter_temporary_directory();
    EXPECT_OK(mkfifo("fifo", 0600));
    EXPECT_ERRNO(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
    pid_t child = fork_child();
    if (child == 0) {
        int out = EXPECT_OK(open("fifo", O_WRONLY));  // waits for the reader
        EXPECT_EQ(write(out, "through", 7), 7);
        _exit(0);
    }
    int in = EXPECT_OK(open("fifo", O_RDONLY));
    EXPECT_EQ(read_all(in, block, sizeof block), 7);
    EXPECT_EXIT(child, 0);
    EXPECT_ERRNO(pipe2(fds, 0x40000000), EINVAL);
    return 0;
}
