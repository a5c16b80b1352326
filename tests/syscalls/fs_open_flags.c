// SPDX-License-Identifier: Apache-2.0
//
// open's flags: O_CREAT, O_EXCL, O_TRUNC, O_DIRECTORY, O_NOFOLLOW, O_PATH, access modes, and the errors that
// go with each; the mode is masked by umask; trailing slashes; creat. open(2).
#include "testing.h"

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    umask(026);
    int fd = EXPECT_OK(open("file", O_RDWR | O_CREAT | O_EXCL, 0777));
    struct stat status;
    EXPECT_OK(fstat(fd, &status));
    EXPECT_EQ(status.st_mode & 07777, 0751);
    EXPECT_EQ(write(fd, "content", 7), 7);
    EXPECT_ERRNO(open("file", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
    EXPECT_OK(close(EXPECT_OK(open("file", O_RDWR | O_CREAT, 0600))));
    EXPECT_OK(fstat(fd, &status));
    EXPECT(status.st_size == 7 && (status.st_mode & 07777) == 0751);
    EXPECT_OK(close(EXPECT_OK(open("file", O_WRONLY | O_TRUNC))));
    EXPECT_OK(fstat(fd, &status));
    EXPECT_EQ(status.st_size, 0);

    char byte;
    int read_only = EXPECT_OK(open("file", O_RDONLY)), write_only = EXPECT_OK(open("file", O_WRONLY));
    EXPECT_ERRNO(write(read_only, "x", 1), EBADF);
    EXPECT_ERRNO(read(write_only, &byte, 1), EBADF);
    EXPECT_OK(mkdir("directory", 0777));
    EXPECT_OK(symlink("file", "link"));
    EXPECT_OK(symlink("missing", "dangling"));
    EXPECT_ERRNO(open("file", O_RDONLY | O_DIRECTORY), ENOTDIR);
    EXPECT_ERRNO(open("directory", O_WRONLY), EISDIR);
    EXPECT_ERRNO(open("directory", O_RDONLY | O_CREAT, 0600), EISDIR);
    EXPECT_ERRNO(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
    EXPECT_ERRNO(open("dangling", O_RDONLY), ENOENT);
    EXPECT_ERRNO(open("dangling", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
    EXPECT_OK(close(EXPECT_OK(open("dangling", O_RDWR | O_CREAT, 0600))));
    EXPECT_OK(access("missing", F_OK));  // created through the link
    EXPECT_ERRNO(open("file/", O_RDONLY), ENOTDIR);
    EXPECT_ERRNO(open("new/", O_RDWR | O_CREAT, 0600), EISDIR);
    EXPECT_ERRNO(open("none/file", O_RDWR | O_CREAT, 0600), ENOENT);
    int directory = EXPECT_OK(open("directory/", O_RDONLY));
    EXPECT_ERRNO(read(directory, &byte, 1), EISDIR);

    int path = EXPECT_OK(open("file", O_PATH));
    EXPECT_EQ(fcntl(path, F_GETFL) & O_PATH, O_PATH);
    EXPECT_ERRNO(read(path, &byte, 1), EBADF);
    EXPECT_ERRNO(fchmod(path, 0600), EBADF);
    EXPECT_OK(fstat(path, &status));
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", path);
    EXPECT_OK(write(EXPECT_OK(open(name, O_WRONLY)), "y", 1));
    EXPECT_OK(fstat(path, &status));
    EXPECT_EQ(status.st_size, 1);
    return 0;
}
