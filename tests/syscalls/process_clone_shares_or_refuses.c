// SPDX-License-Identifier: Apache-2.0
//
// A child with its own memory (no CLONE_VM) may still share descriptors (CLONE_FILES) and the directory
// (CLONE_FS) with its parent. A runtime that cannot share them refuses with EINVAL; it never copies them
// silently. clone(2).
#include "testing.h"

enum { DESCRIPTOR = 77 };

// The raw call: no stack of its own, so the child goes on with a copy of this one. -1: refused.
static pid_t clone_or_refused(unsigned long flags) {
    long pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == -1) EXPECT_EQ(errno, EINVAL);
    return (pid_t)pid;
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    char before[PATH_MAX], after[PATH_MAX];
    EXPECT(getcwd(before, sizeof before) != NULL);
    EXPECT_ERRNO(fcntl(DESCRIPTOR, F_GETFD), EBADF);

    pid_t child = clone_or_refused(0);
    EXPECT(child != -1);
    if (child == 0) _exit(dup2(STDERR_FILENO, DESCRIPTOR) == DESCRIPTOR && chdir("/") == 0 ? 0 : 1);
    EXPECT_EXIT(child, 0);
    EXPECT_ERRNO(fcntl(DESCRIPTOR, F_GETFD), EBADF);
    EXPECT_STREQ(getcwd(after, sizeof after), before);

    child = clone_or_refused(CLONE_FILES);
    if (child == 0) _exit(dup2(STDERR_FILENO, DESCRIPTOR) == DESCRIPTOR ? 0 : 1);
    if (child != -1) {
        EXPECT_EXIT(child, 0);
        EXPECT_OK(fcntl(DESCRIPTOR, F_GETFD));
    }

    child = clone_or_refused(CLONE_FS);
    if (child == 0) _exit(chdir("/") == 0 ? 0 : 1);
    if (child != -1) {
        EXPECT_EXIT(child, 0);
        EXPECT_STREQ(getcwd(after, sizeof after), "/");
        EXPECT_OK(chdir(before));
    }
    return 0;
}
