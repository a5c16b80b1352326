// SPDX-License-Identifier: Apache-2.0
//
// execve's errors, after each of which the caller goes on: ENOENT, EACCES (no x bit; a directory; no search
// permission), ENOTDIR, ELOOP, ENAMETOOLONG, and an empty path. execve(2).
#include "testing.h"

static char* const arguments[] = {"x", NULL};
static char* const environment[] = {NULL};
static int run(const char* path) { return execve(path, arguments, environment); }

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("plain", "#!/bin/sh\nexit 1\n", 0644);
    write_file("good", "#!/bin/sh\nexit 28\n", 0755);
    EXPECT_OK(mkdir("directory", 0755));
    EXPECT_OK(symlink("loop-b", "loop-a"));
    EXPECT_OK(symlink("loop-a", "loop-b"));
    EXPECT_OK(symlink("nowhere", "dangling"));
    EXPECT_OK(symlink("good", "link"));
    char long_name[300];
    memset(long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    static char long_path[PATH_MAX + 10];
    memset(long_path, '/', sizeof long_path - 1);

    for (int again = 0; again < 2; again++) {
        EXPECT_ERRNO(run("missing"), ENOENT);
        EXPECT_ERRNO(run(""), ENOENT);
        EXPECT_ERRNO(run("dangling"), ENOENT);
        EXPECT_ERRNO(run("missing/good"), ENOENT);
        EXPECT_ERRNO(run("plain"), EACCES);
        EXPECT_ERRNO(run("directory"), EACCES);
        EXPECT_ERRNO(run("/"), EACCES);
        EXPECT_ERRNO(run("good/x"), ENOTDIR);
        EXPECT_ERRNO(run("loop-a"), ELOOP);
        EXPECT_ERRNO(run(long_name), ENAMETOOLONG);
        EXPECT_ERRNO(run(long_path), ENAMETOOLONG);
        EXPECT_ERRNO(run("/dev/null"), EACCES);
    }
    pid_t child = fork_child();
    if (child == 0) {
        run("./link");
        _exit(99);
    }
    EXPECT_EXIT(child, 28);
    if (geteuid() == 0) {
        child = fork_child();
        if (child == 0) {
            EXPECT_OK(chmod(".", 0755));
            EXPECT_OK(mkdir("closed", 0700));
            write_file("closed/good", "#!/bin/sh\nexit 0\n", 0755);
            EXPECT_OK(setuid(65534));
            EXPECT_ERRNO(run("closed/good"), EACCES);
            _exit(0);
        }
        EXPECT_EXIT(child, 0);
    }
    return 0;
}
