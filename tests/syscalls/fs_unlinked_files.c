// SPDX-License-Identifier: Apache-2.0
//
// An unlinked file lives while it is open or mapped; O_TMPFILE has no name until linkat gives it one; hard
// links count; unlink and rmdir errors. unlink(2), open(2) "O_TMPFILE", linkat(2).
#include "testing.h"

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    char text[64];
    struct stat status;
    int fd = EXPECT_OK(open("file", O_RDWR | O_CREAT, 0600));
    EXPECT_EQ(write(fd, "still here", 10), 10);
    EXPECT_OK(link("file", "other"));
    EXPECT_OK(unlink("file"));
    EXPECT_OK(fstat(fd, &status));
    EXPECT_EQ(status.st_nlink, 1);
    EXPECT_OK(unlink("other"));
    EXPECT_OK(fstat(fd, &status));
    EXPECT_EQ(status.st_nlink, 0);
    EXPECT_EQ(pread(fd, text, sizeof text, 0), 10);
    char* map = EXPECT_OK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    EXPECT_OK(close(fd));
    EXPECT_EQ(memcmp(map, "still here", 10), 0);

    EXPECT_ERRNO(unlink("file"), ENOENT);
    EXPECT_OK(mkdir("directory", 0700));
    EXPECT_ERRNO(unlink("directory"), EISDIR);
    write_file("directory/x", "", 0600);
    EXPECT_ERRNO(rmdir("directory"), ENOTEMPTY);
    EXPECT_ERRNO(rmdir("directory/x"), ENOTDIR);
    EXPECT_ERRNO(rmdir("directory/."), EINVAL);
    EXPECT_ERRNO(link("directory", "hard"), EPERM);
    EXPECT_OK(unlinkat(AT_FDCWD, "directory/x", 0));
    EXPECT_OK(unlinkat(AT_FDCWD, "directory", AT_REMOVEDIR));

    fd = open(".", O_RDWR | O_TMPFILE, 0600);
    if (fd == -1 && (errno == EOPNOTSUPP || errno == EISDIR)) return 0;  // the file system lacks it
    EXPECT(fd >= 0);
    EXPECT_EQ(write(fd, "nameless", 8), 8);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    EXPECT_OK(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
    read_file("named", text, sizeof text);
    EXPECT_STREQ(text, "nameless");
    fd = EXPECT_OK(open(".", O_RDWR | O_TMPFILE | O_EXCL, 0600));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    EXPECT_ERRNO(linkat(AT_FDCWD, path, AT_FDCWD, "never", AT_SYMLINK_FOLLOW), ENOENT);
    return 0;
}
