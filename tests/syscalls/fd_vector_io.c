// SPDX-License-Identifier: Apache-2.0
//
// readv, writev, preadv2 and pwritev2: parts in order, offsets, empty parts, a bad part after good ones gives
// a partial result, bad ones first EFAULT; EINVAL for too many or too long; RWF_APPEND and -1 as the offset.
// readv(2).
#include "testing.h"

#include <sys/uio.h>

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    int fd = EXPECT_OK(open("file", O_RDWR | O_CREAT, 0600)), fds[2];
    char first[4] = {0}, second[8] = {0},
         *hole = EXPECT_OK(mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_EQ(writev(fd, (struct iovec[]){{"abc", 3}, {hole, 0}, {"defgh", 5}}, 3), 8);
    EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
    EXPECT_EQ(readv(fd, (struct iovec[]){{first, 2}, {second, 8}}, 2), 8);
    EXPECT_EQ(memcmp(first, "ab", 2) | memcmp(second, "cdefgh", 6), 0);
    EXPECT_EQ(pwritev(fd, (struct iovec[]){{"XX", 2}, {"YY", 2}}, 2, 2), 4);
    EXPECT_EQ(preadv(fd, (struct iovec[]){{first, 4}, {second, 8}}, 2, 1), 7);
    EXPECT_EQ(memcmp(first, "bXXY", 4) | memcmp(second, "Ygh", 3), 0);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 8);
    EXPECT_EQ(pwritev2(fd, (struct iovec[]){{"tail", 4}}, 1, 0, RWF_APPEND), 4);
    EXPECT_EQ(lseek(fd, 4, SEEK_SET), 4);
    EXPECT_EQ(preadv2(fd, (struct iovec[]){{second, 8}}, 1, -1, 0), 8);
    EXPECT_EQ(memcmp(second, "YYghtail", 8), 0);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 12);

    EXPECT_OK(pipe(fds));
    ssize_t count = writev(fds[1], (struct iovec[]){{"good", 4}, {hole, 4}}, 2);
    EXPECT(count == 4 || (count == -1 && errno == EFAULT));
    if (count == 4) EXPECT_EQ(read(fds[0], second, 8), 4);
    EXPECT_EQ(pwritev(fd, (struct iovec[]){{"good", 4}, {hole, 4}}, 2, 0), 4);
    EXPECT_EQ(preadv(fd, (struct iovec[]){{first, 4}, {hole, 4}}, 2, 0), 4);
    EXPECT_ERRNO(preadv(fd, (struct iovec[]){{hole, 4}, {first, 4}}, 2, 0), EFAULT);
    EXPECT_ERRNO(readv(fd, (struct iovec[]){{first, (size_t)-1}}, 1), EINVAL);
    static struct iovec many[IOV_MAX + 1];
    EXPECT_ERRNO(writev(fd, many, IOV_MAX + 1), EINVAL);
    EXPECT_EQ(writev(fd, many, IOV_MAX), 0);
    EXPECT_ERRNO(syscall(SYS_writev, fd, many, -1), EINVAL);
    EXPECT_EQ(readv(fd, NULL, 0), 0);
    EXPECT_ERRNO(preadv2(fd, (struct iovec[]){{first, 4}}, 1, 0, 0x40000000), EOPNOTSUPP);
    return 0;
}
