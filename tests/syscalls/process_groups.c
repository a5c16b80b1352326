// SPDX-License-Identifier: Apache-2.0
//
// setpgid, setsid, getpgid, getsid and their errors: EPERM for a session leader and over sessions, ESRCH for
// a stranger, EACCES after the child's execve, EINVAL for negative; kill to a group reaches its members.
// setpgid(2), setsid(2).
#include "testing.h"

static pid_t pausing_child(void) {
    pid_t child = fork_child();
    if (child == 0)
        for (;;) pause();
    return child;
}

int main(void) {
    watchdog(60);
    pid_t first = pausing_child(), second = pausing_child();
    EXPECT_EQ(getpgid(first), getpgrp());
    EXPECT_EQ(getsid(first), getsid(0));
    EXPECT_OK(setpgid(first, 0));
    EXPECT_EQ(getpgid(first), first);
    EXPECT_OK(setpgid(second, first));
    EXPECT_EQ(getpgid(second), first);
    EXPECT_ERRNO(setpgid(second, -1), EINVAL);
    EXPECT_ERRNO(setpgid(getppid(), 0), ESRCH);
    EXPECT_ERRNO(setpgid(second, 999999), EPERM);
    EXPECT_OK(kill(-first, SIGTERM));
    EXPECT_KILLED(first, SIGTERM);
    EXPECT_KILLED(second, SIGTERM);
    EXPECT_ERRNO(kill(-first, 0), ESRCH);
    EXPECT_ERRNO(getpgid(first), ESRCH);

    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_EQ(setsid(), getpid());
        EXPECT(getpgrp() == getpid() && getsid(0) == getpid());
        EXPECT_ERRNO(setsid(), EPERM);
        EXPECT_ERRNO(setpgid(0, 0), EPERM);
        EXPECT_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);

    int fds[2];
    char byte;
    EXPECT_OK(pipe(fds));
    child = fork_child();
    if (child == 0) {
        dup2(fds[1], 1);
        execl("/bin/sh", "sh", "-c", "echo; exec sleep 1000", NULL);
        _exit(99);
    }
    EXPECT_EQ(read(fds[0], &byte, 1), 1);
    EXPECT_ERRNO(setpgid(child, child), EACCES);
    EXPECT_OK(kill(child, SIGKILL));
    EXPECT_KILLED(child, SIGKILL);
    return 0;
}
