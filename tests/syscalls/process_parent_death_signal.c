// SPDX-License-Identifier: Apache-2.0
//
// PR_SET_PDEATHSIG: the child gets that signal when the parent thread that made it ends; PR_GET_PDEATHSIG
// tells; a fork clears it, execve keeps it; a bad number is EINVAL. prctl(2).
#include "testing.h"

#include <sys/prctl.h>

int main(int argc, char** argv) {
    int number = -1;
    if (argc == 2) {  // after execve
        EXPECT_OK(prctl(PR_GET_PDEATHSIG, &number));
        return number;
    }
    watchdog(60);
    EXPECT_ERRNO(prctl(PR_SET_PDEATHSIG, 65), EINVAL);
    EXPECT_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));  // so that the orphan can be waited for
    int fds[2];
    EXPECT_OK(pipe(fds));
    pid_t middle = fork_child();
    if (middle == 0) {
        pid_t child = fork_child();
        if (child == 0) {
            EXPECT_OK(prctl(PR_SET_PDEATHSIG, SIGUSR2));
            EXPECT_OK(prctl(PR_GET_PDEATHSIG, &number));
            EXPECT_EQ(number, SIGUSR2);
            pid_t grandchild = fork_child();
            if (grandchild == 0) {
                EXPECT_OK(prctl(PR_GET_PDEATHSIG, &number));
                _exit(number);
            }
            EXPECT_EXIT(grandchild, 0);
            pid_t self = getpid();
            EXPECT_EQ(write(fds[1], &self, sizeof self), sizeof self);
            for (;;) pause();
        }
        pid_t ready;
        EXPECT_EQ(read(fds[0], &ready, sizeof ready), sizeof ready);
        EXPECT_EQ(write(fds[1], &ready, sizeof ready), sizeof ready);
        _exit(0);
    }
    EXPECT_EXIT(middle, 0);
    pid_t orphan;
    EXPECT_EQ(read(fds[0], &orphan, sizeof orphan), sizeof orphan);
    EXPECT_KILLED(orphan, SIGUSR2);

    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(prctl(PR_SET_PDEATHSIG, SIGHUP));
        execl(argv[0], argv[0], "after-exec", NULL);
        _exit(99);
    }
    EXPECT_EXIT(child, SIGHUP);
    return 0;
}
