// SPDX-License-Identifier: Apache-2.0
//
// dup, dup2, dup3 and F_DUPFD: the lowest free number is taken, duplicates share offset and status flags but
// not FD_CLOEXEC, dup2 onto itself changes nothing, dup2 replaces an open one; EBADF and EINVAL. dup(2),
// fcntl(2).
#include "testing.h"

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("file", "0123456789", 0600);
    int low = EXPECT_OK(open("file", O_RDWR)), second = EXPECT_OK(dup(low)), third = EXPECT_OK(dup(low));
    EXPECT(second == low + 1 && third == low + 2);
    EXPECT_OK(close(second));
    EXPECT_EQ(dup(low), second);
    EXPECT_EQ(lseek(low, 6, SEEK_SET), 6);
    EXPECT_EQ(lseek(third, 0, SEEK_CUR), 6);
    EXPECT_OK(fcntl(third, F_SETFL, O_APPEND | O_NONBLOCK));
    EXPECT_EQ(fcntl(low, F_GETFL) & (O_APPEND | O_NONBLOCK | O_ACCMODE), O_APPEND | O_NONBLOCK | O_RDWR);
    EXPECT_OK(fcntl(low, F_SETFD, FD_CLOEXEC));
    EXPECT_EQ(fcntl(third, F_GETFD), 0);
    EXPECT_EQ(fcntl(EXPECT_OK(dup(low)), F_GETFD), 0);
    EXPECT_EQ(dup2(low, low), low);
    EXPECT_EQ(fcntl(low, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(fcntl(low, F_DUPFD, 50), 50);
    EXPECT_EQ(fcntl(low, F_DUPFD, 50), 51);
    EXPECT_EQ(fcntl(low, F_DUPFD_CLOEXEC, 50), 52);
    EXPECT_EQ(fcntl(52, F_GETFD), FD_CLOEXEC);

    int fds[2];
    EXPECT_OK(pipe(fds));
    EXPECT_EQ(dup2(low, fds[1]), fds[1]);  // closes the pipe's write end
    char byte;
    EXPECT_EQ(read(fds[0], &byte, 1), 0);
    EXPECT_EQ(dup3(low, 60, O_CLOEXEC), 60);
    EXPECT_ERRNO(dup3(low, low, 0), EINVAL);
    EXPECT_ERRNO(dup3(low, 61, O_APPEND), EINVAL);
    EXPECT_ERRNO(dup(-1), EBADF);
    EXPECT_ERRNO(dup2(59, 58), EBADF);
    EXPECT_ERRNO(dup2(59, 59), EBADF);
    EXPECT_ERRNO(dup2(low, -1), EBADF);
    EXPECT_ERRNO(dup2(low, 1 << 30), EBADF);
    EXPECT_ERRNO(fcntl(low, F_DUPFD, -1), EINVAL);
    EXPECT_ERRNO(close(61), EBADF);
    EXPECT_OK(close(60));
    EXPECT_ERRNO(close(60), EBADF);
    return 0;
}
