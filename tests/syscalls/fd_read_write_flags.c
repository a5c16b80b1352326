// SPDX-License-Identifier: Apache-2.0
//
// preadv2 and pwritev2 by flag: RWF_APPEND whatever the offset, RWF_DSYNC and RWF_SYNC, RWF_HIPRI, RWF_NOWAIT where
// nothing waits, EOPNOTSUPP for flags that nobody knows, and -1 for the file's own position. readv(2).
#include "testing.h"

#include <sys/uio.h>

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    char text[64];
    struct iovec part = {.iov_base = "abc", .iov_len = 3}, into = {.iov_base = text, .iov_len = sizeof text};
    int fd = EXPECT_OK(open("file", O_RDWR | O_CREAT, 0600));
    EXPECT_EQ(pwritev2(fd, &part, 1, 0, RWF_DSYNC), 3);
    EXPECT_EQ(pwritev2(fd, &part, 1, 3, RWF_SYNC), 3);
    EXPECT_EQ(pwritev2(fd, &part, 1, 0, RWF_APPEND), 3);
    struct stat status;
    EXPECT_OK(fstat(fd, &status));
    EXPECT_EQ(status.st_size, 9);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 0);
    EXPECT_EQ(pwritev2(fd, &part, 1, -1, RWF_APPEND), 3);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 12);
    EXPECT_EQ(lseek(fd, 2, SEEK_SET), 2);
    EXPECT_EQ(preadv2(fd, &into, 1, -1, 0), 10);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 12);
    EXPECT_EQ(preadv2(fd, &into, 1, 9, RWF_HIPRI), 3);
    EXPECT_EQ(memcmp(text, "abc", 3), 0);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 12);
    ssize_t now = preadv2(fd, &into, 1, 0, RWF_NOWAIT);
    EXPECT(now == 12 || (now == -1 && (errno == EAGAIN || errno == EOPNOTSUPP)));
    EXPECT_ERRNO(preadv2(fd, &into, 1, 0, 0x40000000), EOPNOTSUPP);
    EXPECT_ERRNO(pwritev2(fd, &part, 1, 0, 0x40000000), EOPNOTSUPP);
    EXPECT_ERRNO(preadv2(fd, &into, 1, -2, 0), EINVAL);
    EXPECT_ERRNO(syscall(SYS_preadv2, fd, &into, -1L, 0L, 0L, 0), EINVAL);

    int fds[2];
    EXPECT_OK(pipe(fds));
    EXPECT_ERRNO(preadv2(fds[0], &into, 1, 0, 0), ESPIPE);
    EXPECT_ERRNO(preadv2(fds[0], &into, 1, -1, RWF_NOWAIT), EAGAIN);  // a pipe that would block
    EXPECT_EQ(pwritev2(fds[1], &part, 1, -1, 0), 3);
    EXPECT_EQ(preadv2(fds[0], &into, 1, -1, RWF_NOWAIT), 3);
    return 0;
}
