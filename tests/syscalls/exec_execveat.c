// SPDX-License-Identifier: Apache-2.0
//
// execveat: relative to a directory descriptor, AT_EMPTY_PATH on a program's descriptor (also O_PATH),
// AT_SYMLINK_NOFOLLOW is ELOOP; fexecve of a close-on-exec program works, of a close-on-exec script is
// ENOENT, otherwise /dev/fd/N is its path. execveat(2), fexecve(3).
#include "testing.h"

extern char** environ;

static long execveat_(int fd, const char* path, int flags) {
    return syscall(SYS_execveat, fd, path, (char*[]){"name", "after-exec", NULL}, environ, flags);
}

static void expect_runs(int fd, const char* path, int flags, int code) {
    pid_t child = fork_child();
    if (child == 0) {
        execveat_(fd, path, flags);
        _exit(99);
    }
    EXPECT_EXIT(child, code);
}

int main(int argc, char**) {
    if (argc == 2) return 35;
    watchdog(60);
    char self[PATH_MAX] = {0};
    EXPECT_OK(readlink("/proc/self/exe", self, sizeof self - 1));
    enter_temporary_directory();
    EXPECT_OK(symlink(self, "link"));
    write_file("script", "#!/bin/sh\ncase $0 in /dev/fd/*) exit 36;; ./script) exit 37;; *script) exit 38;; esac\n",
               0755);
    EXPECT_OK(mkdir("directory", 0755));
    int here = EXPECT_OK(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), above = EXPECT_OK(open("/", O_PATH));
    int program = EXPECT_OK(open(self, O_RDONLY | O_CLOEXEC)), path_only = EXPECT_OK(open(self, O_PATH | O_CLOEXEC));

    expect_runs(AT_FDCWD, "link", 0, 35);
    expect_runs(here, "link", 0, 35);
    expect_runs(above, self + 1, 0, 35);
    expect_runs(-1, self, 0, 35);  // an absolute path needs no descriptor
    expect_runs(program, "", AT_EMPTY_PATH, 35);
    expect_runs(path_only, "", AT_EMPTY_PATH, 35);
    expect_runs(AT_FDCWD, "./script", 0, 37);
    int script = EXPECT_OK(open("script", O_RDONLY));
    expect_runs(script, "", AT_EMPTY_PATH, 36);
    expect_runs(above, "bin/true", 0, 0);
    pid_t child = fork_child();
    if (child == 0) {
        fexecve(program, (char*[]){"name", "after-exec", NULL}, environ);
        _exit(99);
    }
    EXPECT_EXIT(child, 35);

    EXPECT_ERRNO(execveat_(here, "link", AT_SYMLINK_NOFOLLOW), ELOOP);
    EXPECT_ERRNO(execveat_(here, "", 0), ENOENT);
    EXPECT_ERRNO(execveat_(here, "", AT_EMPTY_PATH), EACCES);
    EXPECT_ERRNO(execveat_(-1, "link", 0), EBADF);
    EXPECT_ERRNO(execveat_(program, "link", 0), ENOTDIR);
    EXPECT_ERRNO(execveat_(here, "link", 0x8000000), EINVAL);
    EXPECT_OK(fcntl(script, F_SETFD, FD_CLOEXEC));
    EXPECT_ERRNO(execveat_(script, "", AT_EMPTY_PATH), ENOENT);
    EXPECT_ERRNO(execveat_(here, "script", 0), ENOENT);
    return 0;
}
