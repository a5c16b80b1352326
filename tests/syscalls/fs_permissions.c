// SPDX-License-Identifier: Apache-2.0
//
// umask, chmod, access, faccessat and faccessat2 with AT_EACCESS, open with and without permission as an
// unprivileged user; a directory without x hides its files; access asks about the real user. access(2),
// chmod(2), umask(2).
#include "testing.h"

static mode_t mode(const char* path) {
    struct stat status;
    EXPECT_OK(stat(path, &status));
    return status.st_mode & 07777;
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    EXPECT_OK(chmod(".", 0755));
    umask(077);
    EXPECT_OK(close(EXPECT_OK(open("private", O_WRONLY | O_CREAT, 0666))));
    EXPECT_EQ(mode("private"), 0600);
    EXPECT_EQ(umask(022), 077);
    EXPECT_OK(mkdir("closed", 0700));
    write_file("closed/file", "x", 0666);
    write_file("readable", "x", 0644);
    write_file("script", "#!/bin/sh\n", 0755);
    EXPECT_OK(chmod("readable", 04755));
    EXPECT_EQ(mode("readable"), 04755);
    EXPECT_OK(fchmodat(AT_FDCWD, "readable", 0644, 0));
    EXPECT_EQ(mode("readable"), 0644);
    EXPECT_OK(access("script", R_OK | X_OK));
    EXPECT_ERRNO(access("readable", X_OK), EACCES);  // not even root, without any x bit
    EXPECT_ERRNO(access("missing", F_OK), ENOENT);
    EXPECT_ERRNO(access("script", 16), EINVAL);
    long result = syscall(SYS_faccessat2, AT_FDCWD, "script", R_OK, AT_EACCESS);
    EXPECT(result == 0 || errno == ENOSYS);

    pid_t child = fork_child();
    if (child == 0) {
        if (geteuid() == 0) EXPECT_OK(setgid(65534) + setuid(65534));
        bool owner = mode(".") == 0755 && access("private", R_OK) == 0;
        if (!owner) {
            EXPECT_ERRNO(open("private", O_RDONLY), EACCES);
            EXPECT_ERRNO(open("readable", O_WRONLY), EACCES);
            EXPECT_ERRNO(open("new", O_WRONLY | O_CREAT, 0600), EACCES);
            EXPECT_ERRNO(stat("closed/file", &(struct stat){0}), EACCES);
            EXPECT_ERRNO(chmod("readable", 0777), EPERM);
            EXPECT_ERRNO(unlink("readable"), EACCES);
            EXPECT_ERRNO(access("readable", W_OK), EACCES);
        }
        EXPECT_OK(access("readable", R_OK));
        EXPECT_OK(open("readable", O_RDONLY));
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    if (geteuid() == 0) {
        child = fork_child();
        if (child == 0) {  // the effective id alone: access asks about the real one
            EXPECT_OK(seteuid(65534));
            EXPECT_OK(access("private", R_OK));
            EXPECT_ERRNO(open("private", O_RDONLY), EACCES);
            EXPECT_ERRNO(faccessat(AT_FDCWD, "private", R_OK, AT_EACCESS), EACCES);
            EXPECT_OK(seteuid(0));
            EXPECT_OK(open("private", O_RDONLY));
            _exit(0);
        }
        EXPECT_EXIT(child, 0);
    }
    return 0;
}
