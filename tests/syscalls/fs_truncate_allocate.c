// SPDX-License-Identifier: Apache-2.0
//
// truncate, ftruncate and fallocate: shorter and longer, zeros in between, KEEP_SIZE and PUNCH_HOLE, sync
// calls, errors for directories, read-only descriptors and pipes. truncate(2), fallocate(2), fsync(2).
#include "testing.h"

#include <linux/falloc.h>

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    char text[64];
    struct stat status;
    int fd = EXPECT_OK(open("file", O_RDWR | O_CREAT, 0600)), fds[2];
    EXPECT_EQ(write(fd, "0123456789", 10), 10);
    EXPECT_OK(ftruncate(fd, 4));
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 10);
    EXPECT_OK(truncate("file", 8));
    EXPECT_EQ(pread(fd, text, sizeof text, 0), 8);
    EXPECT_EQ(memcmp(text, "0123\0\0\0\0", 8), 0);
    EXPECT_EQ(write(fd, "x", 1), 1);  // at 10: leaves a gap
    EXPECT_EQ(pread(fd, text, sizeof text, 0), 11);
    EXPECT_EQ(memcmp(text, "0123\0\0\0\0\0\0x", 11), 0);
    EXPECT_OK(fsync(fd));
    EXPECT_OK(fdatasync(fd));
    EXPECT_ERRNO(ftruncate(fd, -1), EINVAL);
    EXPECT_ERRNO(truncate(".", 0), EISDIR);
    EXPECT_ERRNO(truncate("missing", 0), ENOENT);
    EXPECT_ERRNO(ftruncate(EXPECT_OK(open("file", O_RDONLY)), 0), EINVAL);
    EXPECT_OK(pipe(fds));
    EXPECT_ERRNO(ftruncate(fds[1], 0), EINVAL);
    EXPECT_ERRNO(fsync(fds[1]), EINVAL);
    EXPECT_ERRNO(fsync(-1), EBADF);

    if (fallocate(fd, 0, 0, 20000) == -1 && errno == EOPNOTSUPP) return 0;
    EXPECT_OK(fstat(fd, &status));
    EXPECT_EQ(status.st_size, 20000);
    EXPECT_EQ(pread(fd, text, 4, 0), 4);
    EXPECT_EQ(memcmp(text, "0123", 4), 0);
    EXPECT_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 20000, 20000));
    EXPECT_OK(fstat(fd, &status));
    EXPECT_EQ(status.st_size, 20000);
    EXPECT_EQ(pwrite(fd, "data", 4, 9000), 4);
    if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8192, 4096) == 0) {
        EXPECT_EQ(pread(fd, text, 4, 9000), 4);
        EXPECT_EQ(memcmp(text, "\0\0\0\0", 4), 0);
    }
    EXPECT_ERRNO(fallocate(fd, 0, -1, 10), EINVAL);
    EXPECT_ERRNO(fallocate(fd, 0, 0, 0), EINVAL);
    EXPECT_ERRNO(fallocate(fds[1], 0, 0, 10), ESPIPE);
    return 0;
}
