// SPDX-License-Identifier: Apache-2.0
//
// Bits beyond the permissions: a directory's set-group-ID is inherited, with it the group; chown and writes by others
// take set-ID bits off files; the sticky bit keeps others from removing. Needs root. chmod(2), chown(2), inode(7).
#include "testing.h"

static mode_t mode_of(const char* path) {
    struct stat status;
    EXPECT_OK(stat(path, &status));
    return status.st_mode & 07777;
}

static void as_user(uid_t user) {
    EXPECT_OK(setgid(65534));
    EXPECT_OK(setuid(user));
}

int main(void) {
    watchdog(60);
    if (getuid() != 0) SKIP("needs root");
    enter_temporary_directory();
    umask(0);
    EXPECT_OK(chmod(".", 0755));
    EXPECT_OK(mkdir("group", 02777));
    EXPECT_OK(chown("group", 0, 1234));
    EXPECT_OK(chmod("group", 02777));
    write_file("group/file", "", 0660);
    EXPECT_OK(mkdir("group/below", 0770));
    struct stat status;
    EXPECT_OK(stat("group/file", &status));
    EXPECT_EQ(status.st_gid, 1234);
    EXPECT_OK(stat("group/below", &status));
    EXPECT_EQ(status.st_gid, 1234);
    EXPECT_EQ(status.st_mode & 07777, 02770);

    write_file("program", "x", 06755);
    EXPECT_EQ(mode_of("program"), 06755);
    EXPECT_OK(chown("program", 0, 0));
    EXPECT_EQ(mode_of("program"), 0755);
    EXPECT_OK(chmod("program", 06777));
    EXPECT_OK(mkdir("sticky", 01777));
    EXPECT_OK(chmod("sticky", 01777));
    write_file("sticky/roots", "", 0666);
    pid_t child = fork_child();
    if (child == 0) {
        as_user(65533);
        int fd = EXPECT_OK(open("program", O_WRONLY));
        EXPECT_EQ(write(fd, "y", 1), 1);
        EXPECT_EQ(mode_of("program"), 0777);
        EXPECT_ERRNO(unlink("sticky/roots"), EPERM);
        EXPECT_ERRNO(rename("sticky/roots", "sticky/mine"), EPERM);
        write_file("sticky/own", "", 0600);
        EXPECT_OK(unlink("sticky/own"));
        EXPECT_ERRNO(chmod("program", 0777), EPERM);
        EXPECT_ERRNO(chown("program", 65533, 65534), EPERM);
        EXPECT_ERRNO(access("program", 8), EINVAL);
        write_file("group/own", "", 0600);
        EXPECT_OK(stat("group/own", &status));
        EXPECT_EQ(status.st_gid, 1234);
        EXPECT_OK(chmod("group/own", 02755));
        EXPECT_EQ(mode_of("group/own"), 0755);  // not in that group: the bit is dropped
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    return 0;
}
