// SPDX-License-Identifier: Apache-2.0
//
// Holes: SEEK_DATA and SEEK_HOLE agree with what was written, ENXIO at and beyond the end, zeros in between,
// FALLOC_FL_PUNCH_HOLE makes one without a change of size, st_blocks shrinks. lseek(2), fallocate(2).
#include "testing.h"

enum { kBlock = 65536 };

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    static char block[kBlock], back[kBlock];
    memset(block, 'x', sizeof block);
    int fd = EXPECT_OK(open("file", O_RDWR | O_CREAT, 0600));
    EXPECT_ERRNO(lseek(fd, 0, SEEK_DATA), ENXIO);
    EXPECT_ERRNO(lseek(fd, 0, SEEK_HOLE), ENXIO);
    EXPECT_EQ(pwrite(fd, block, kBlock, 4 * kBlock), kBlock);
    EXPECT_OK(ftruncate(fd, 8 * kBlock));
    off_t data = EXPECT_OK(lseek(fd, 0, SEEK_DATA));
    EXPECT(data == 4 * kBlock || data == 0);  // file systems may report no holes at all
    bool has_holes = data != 0;
    EXPECT_EQ(lseek(fd, 4 * kBlock + 5, SEEK_DATA), 4 * kBlock + 5);
    EXPECT_EQ(lseek(fd, 4 * kBlock, SEEK_HOLE), has_holes ? 5 * kBlock : 8 * kBlock);
    if (has_holes) EXPECT_EQ(lseek(fd, 10, SEEK_HOLE), 10);
    if (has_holes) EXPECT_ERRNO(lseek(fd, 6 * kBlock, SEEK_DATA), ENXIO);
    EXPECT_ERRNO(lseek(fd, 8 * kBlock, SEEK_HOLE), ENXIO);
    EXPECT_ERRNO(lseek(fd, -1, SEEK_DATA), ENXIO);
    EXPECT_ERRNO(lseek(fd, 0, 77), EINVAL);
    EXPECT_EQ(pread(fd, back, kBlock, kBlock), kBlock);
    for (int i = 0; i < kBlock; i++) EXPECT_EQ(back[i], 0);

    if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4 * kBlock, kBlock / 2) == -1) {
        EXPECT_EQ(errno, EOPNOTSUPP);
        return 0;
    }
    struct stat status;
    EXPECT_OK(fstat(fd, &status));
    EXPECT_EQ(status.st_size, 8 * kBlock);
    EXPECT_EQ(pread(fd, back, kBlock, 4 * kBlock), kBlock);
    EXPECT(back[0] == 0 && back[kBlock / 2 - 1] == 0 && back[kBlock / 2] == 'x');
    if (has_holes) EXPECT_EQ(lseek(fd, 0, SEEK_DATA), 4 * kBlock + kBlock / 2);
    EXPECT_ERRNO(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, kBlock), EOPNOTSUPP);  // wants KEEP_SIZE
    EXPECT_ERRNO(fallocate(fd, 0, 0, 0), EINVAL);
    EXPECT_ERRNO(fallocate(fd, 0, -1, 1), EINVAL);
    EXPECT_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 8 * kBlock, kBlock));
    EXPECT_OK(fstat(fd, &status));
    EXPECT_EQ(status.st_size, 8 * kBlock);
    EXPECT_OK(fallocate(fd, 0, 8 * kBlock, 10));
    EXPECT_OK(fstat(fd, &status));
    EXPECT_EQ(status.st_size, 8 * kBlock + 10);
    return 0;
}
