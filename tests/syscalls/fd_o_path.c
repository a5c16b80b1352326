// SPDX-License-Identifier: Apache-2.0
//
// O_PATH: a place in the tree without the right to read. Calls on bytes are EBADF; fstat, dup, close, fchdir, *at and
// SCM_RIGHTS work; a link itself can be held and read; /proc/self/fd opens it in earnest; O_CREAT and O_TRUNC are
// ignored. open(2).
#include "testing.h"

#include <sys/ioctl.h>
#include <sys/statfs.h>

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("file", "content", 0600);
    EXPECT_OK(mkdir("directory", 0700));
    EXPECT_OK(symlink("file", "link"));
    char text[64], path[64];
    struct stat status, other;

    int fd = EXPECT_OK(open("file", O_PATH | O_TRUNC | O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    EXPECT_EQ(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
    EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    EXPECT_OK(fstat(fd, &status));
    EXPECT_EQ(status.st_size, 7);
    EXPECT_ERRNO(read(fd, text, 1), EBADF);
    EXPECT_ERRNO(write(fd, "x", 1), EBADF);
    EXPECT_ERRNO(pread(fd, text, 1, 0), EBADF);
    EXPECT_ERRNO(lseek(fd, 0, SEEK_SET), EBADF);
    EXPECT_ERRNO(ftruncate(fd, 0), EBADF);
    EXPECT_ERRNO(fchmod(fd, 0600), EBADF);
    EXPECT_ERRNO(fchown(fd, (uid_t)-1, (gid_t)-1), EBADF);
    EXPECT_ERRNO(fsync(fd), EBADF);
    EXPECT_ERRNO(ioctl(fd, FIONREAD, text), EBADF);
    EXPECT_ERRNO(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0, EBADF);
    EXPECT_ERRNO(fcntl(fd, F_SETFL, O_APPEND), EBADF);
    EXPECT_ERRNO(fcntl(fd, F_SETLK, &(struct flock){.l_type = F_RDLCK}), EBADF);
    int duplicate = EXPECT_OK(dup(fd));
    EXPECT_ERRNO(read(duplicate, text, 1), EBADF);
    EXPECT_OK(close(duplicate));

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int real = EXPECT_OK(open(path, O_RDWR));
    EXPECT_EQ(read(real, text, sizeof text), 7);
    EXPECT_OK(fstat(real, &other));
    EXPECT_EQ(other.st_ino, status.st_ino);
    EXPECT_OK(chmod(path, 0640));
    EXPECT_OK(fstatat(fd, "", &other, AT_EMPTY_PATH));
    EXPECT_EQ(other.st_mode & 0777, 0640);

    int link = EXPECT_OK(open("link", O_PATH | O_NOFOLLOW));
    EXPECT_OK(fstat(link, &other));
    EXPECT(S_ISLNK(other.st_mode));
    EXPECT_EQ(readlinkat(link, "", text, sizeof text), 4);
    EXPECT_ERRNO(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
    EXPECT_ERRNO(readlinkat(fd, "", text, sizeof text), ENOENT);

    int directory = EXPECT_OK(open("directory", O_PATH | O_DIRECTORY));
    EXPECT_ERRNO(open("file", O_PATH | O_DIRECTORY), ENOTDIR);
    EXPECT_OK(close(EXPECT_OK(openat(directory, "inside", O_CREAT | O_WRONLY, 0600))));
    EXPECT_OK(fchdir(directory));
    EXPECT_OK(access("inside", F_OK));
    EXPECT_ERRNO(openat(fd, "x", O_RDONLY), ENOTDIR);
    EXPECT_ERRNO(syscall(SYS_getdents64, directory, text, sizeof text), EBADF);
    struct statfs system;
    EXPECT_OK(fstatfs(fd, &system));
    return 0;
}
