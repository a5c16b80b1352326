// SPDX-License-Identifier: Apache-2.0
//
// mknod makes regular files, fifos and sockets for everybody, and under the umask; directories are EPERM, unknown
// types EINVAL, existing names EEXIST; a socket's node cannot be opened. mknod(2), mkfifo(3).
#include "testing.h"

#include <sys/sysmacros.h>

static struct stat of(const char* path) {
    struct stat status;
    EXPECT_OK(lstat(path, &status));
    return status;
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    umask(027);
    EXPECT_OK(mknod("regular", S_IFREG | 0666, 0));
    EXPECT_EQ(of("regular").st_mode, S_IFREG | 0640);
    EXPECT_OK(mknod("zero", 0666, 0));  // no type: a regular file
    EXPECT(S_ISREG(of("zero").st_mode));
    EXPECT_OK(mknod("fifo", S_IFIFO | 0777, 0));
    EXPECT_EQ(of("fifo").st_mode, S_IFIFO | 0750);
    EXPECT_OK(mknod("socket", S_IFSOCK | 0600, 0));
    EXPECT(S_ISSOCK(of("socket").st_mode));
    EXPECT_ERRNO(open("socket", O_RDONLY), ENXIO);
    EXPECT_ERRNO(mknod("directory", S_IFDIR | 0700, 0), EPERM);
    EXPECT_ERRNO(mknod("link", S_IFLNK | 0700, 0), EINVAL);
    EXPECT_ERRNO(mknod("regular", S_IFREG | 0600, 0), EEXIST);
    EXPECT_ERRNO(mknod("none/x", S_IFREG | 0600, 0), ENOENT);
    EXPECT_ERRNO(mkfifo("fifo", 0600), EEXIST);

    // Masks are the process's, inherited by fork; the call returns the old one.
    EXPECT_EQ(umask(0777), 027);
    EXPECT_OK(mkdir("closed", 0777));
    EXPECT_EQ(of("closed").st_mode & 0777, 0);
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_EQ(umask(01777777), 0777);
        EXPECT_EQ(umask(0), 0777);  // other bits are dropped
        EXPECT_OK(close(EXPECT_OK(open("open", O_CREAT | O_WRONLY, 0666))));
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    EXPECT_EQ(of("open").st_mode & 0777, 0666);
    EXPECT_EQ(umask(022), 0777);
    return 0;
}
