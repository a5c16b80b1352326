// SPDX-License-Identifier: Apache-2.0
//
// The edges of reading and writing a file: bad addresses in the middle, RLIMIT_FSIZE, offsets that are none, access
// modes, holes, and bytes that go from descriptor to descriptor. read(2), write(2), setrlimit(2), lseek(2),
// sendfile(2), copy_file_range(2), fallocate(2).
#include "testing.h"

#include <linux/falloc.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

static int exceeded;
static void count_exceeded(int) { exceeded++; }

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    int fd = EXPECT_OK(open("file", O_RDWR | O_CREAT, 0600));
    char* area = EXPECT_OK(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    memset(area, 'a', 4096);
    EXPECT_OK(munmap(area + 4096, 4096));

    EXPECT_EQ(write(fd, area + 4000, 200), 96);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 96);
    EXPECT_ERRNO(write(fd, area + 4096, 10), EFAULT);
    EXPECT_EQ(pread(fd, area + 4050, 96, 0), 46);
    EXPECT_ERRNO(pread(fd, area + 4096, 10, 0), EFAULT);
    EXPECT_EQ(pread(fd, area + 4096, 10, 96), 0);
    struct iovec pieces[] = {{area, 50}, {area, 0}, {area + 4096, 10}};
    EXPECT_EQ(pwritev(fd, pieces, 3, 0), 50);
    EXPECT_EQ(preadv(fd, pieces, 3, 0), 50);
    EXPECT_ERRNO(pread(fd, area, 1, -1), EINVAL);
    EXPECT_ERRNO(syscall(SYS_readv, fd, pieces, IOV_MAX + 1), EINVAL);
    EXPECT_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 96);

    int reader = EXPECT_OK(open("file", O_RDONLY)), writer = EXPECT_OK(open("file", O_WRONLY | O_CLOEXEC));
    EXPECT_EQ(fcntl(reader, F_GETFL) & O_ACCMODE, O_RDONLY);
    EXPECT_EQ(fcntl(writer, F_GETFL) & O_ACCMODE, O_WRONLY);
    EXPECT_EQ(fcntl(writer, F_GETFD), FD_CLOEXEC);
    EXPECT_ERRNO(write(reader, "x", 1), EBADF);
    EXPECT_ERRNO(read(writer, area, 1), EBADF);
    EXPECT_ERRNO(ftruncate(reader, 1), EINVAL);
    int path = EXPECT_OK(open("file", O_PATH));
    EXPECT_ERRNO(read(path, area, 1), EBADF);
    EXPECT_ERRNO(lseek(path, 0, SEEK_SET), EBADF);
    int same = EXPECT_OK(dup(reader));
    EXPECT_EQ(read(reader, area, 10), 10);
    EXPECT_EQ(lseek(same, 0, SEEK_CUR), 10);
    EXPECT_EQ(lseek(writer, 0, SEEK_CUR), 0);

    // A limit on the size of files.
    EXPECT(signal(SIGXFSZ, count_exceeded) != SIG_ERR);
    struct rlimit before;
    EXPECT_OK(getrlimit(RLIMIT_FSIZE, &before));
    EXPECT_OK(setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = 100, .rlim_max = before.rlim_max}));
    EXPECT_EQ(pwrite(fd, area, 50, 90), 10);
    EXPECT_EQ(exceeded, 0);
    EXPECT_ERRNO(pwrite(fd, area, 50, 100), EFBIG);
    EXPECT_ERRNO(ftruncate(fd, 101), EFBIG);
    EXPECT_EQ(exceeded, 2);
    EXPECT_OK(setrlimit(RLIMIT_FSIZE, &before));

    // Holes.
    EXPECT_OK(ftruncate(fd, 0));
    EXPECT_EQ(pwrite(fd, "data", 4, 1 << 20), 4);
    EXPECT_EQ(lseek(fd, 0, SEEK_HOLE), 0);
    EXPECT_EQ(lseek(fd, 0, SEEK_DATA), 1 << 20);
    EXPECT_EQ(lseek(fd, 1 << 20, SEEK_HOLE), (1 << 20) + 4);
    EXPECT_ERRNO(lseek(fd, (1 << 20) + 4, SEEK_DATA), ENXIO);
    EXPECT_EQ(pread(fd, area, 10, 5000), 10);
    for (int i = 0; i < 10; i++) EXPECT_EQ(area[i], 0);
    EXPECT_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1 << 20, 2));
    EXPECT_EQ(pread(fd, area, 10, 1 << 20), 4);
    EXPECT(memcmp(area, "\0\0ta", 4) == 0);
    EXPECT_OK(fallocate(fd, 0, 0, (1 << 20) + 10));
    EXPECT_EQ(lseek(fd, 0, SEEK_END), (1 << 20) + 10);
    EXPECT_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 2 << 20));
    EXPECT_EQ(lseek(fd, 0, SEEK_END), (1 << 20) + 10);
    EXPECT_ERRNO(fallocate(fd, 0, -1, 1), EINVAL);
    EXPECT_ERRNO(fallocate(fd, 0, 0, 0), EINVAL);
    EXPECT_ERRNO(fallocate(reader, 0, 0, 1), EBADF);

    // From descriptor to descriptor.
    EXPECT_OK(ftruncate(fd, 0));
    EXPECT_EQ(pwrite(fd, "0123456789", 10, 0), 10);
    int sockets[2], copy = EXPECT_OK(open("copy", O_RDWR | O_CREAT, 0600));
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
    off_t offset = 2;
    EXPECT_EQ(sendfile(sockets[0], fd, &offset, 5), 5);
    EXPECT_EQ(offset, 7);
    EXPECT_EQ(read(sockets[1], area, 10), 5);
    EXPECT(memcmp(area, "23456", 5) == 0);
    EXPECT_EQ(lseek(fd, 8, SEEK_SET), 8);
    EXPECT_EQ(sendfile(copy, fd, NULL, 100), 2);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 10);
    EXPECT_EQ(sendfile(copy, fd, NULL, 100), 0);
    EXPECT_EQ(pread(copy, area, 10, 0), 2);
    EXPECT(memcmp(area, "89", 2) == 0);
    loff_t from = 1, to = 2;
    EXPECT_EQ(copy_file_range(fd, &from, copy, &to, 100, 0), 9);
    EXPECT_EQ(from, 10);
    EXPECT_EQ(to, 11);
    EXPECT_EQ(pread(copy, area, 20, 0), 11);
    EXPECT(memcmp(area, "89123456789", 11) == 0);
    from = 0, to = 5;
    EXPECT_ERRNO(copy_file_range(fd, &from, fd, &to, 8, 0), EINVAL);
    EXPECT_OK(fsync(fd));
    EXPECT_OK(fdatasync(reader));
    EXPECT_OK(syncfs(fd));
    return 0;
}
