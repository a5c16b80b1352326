// SPDX-License-Identifier: Apache-2.0
//
// clone with CLONE_PIDFD: the descriptor is there whatever became of the child meanwhile, and when there can be none
// there is no child. clone(2).
#include "testing.h"

#include <linux/sched.h>
#include <poll.h>
#include <sys/resource.h>

static pid_t clone_with_descriptor(int* pidfd) {
    return (pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, pidfd, NULL, 0);
}

int main(void) {
    watchdog(60);
    int lowest = EXPECT_OK(dup(0));
    EXPECT_OK(close(lowest));

    int pidfd = -77;
    pid_t child = EXPECT_OK(clone_with_descriptor(&pidfd));
    if (child == 0) {
        // It is the parent's, and nothing else is in its place or beside it.
        EXPECT_EQ(pidfd, -77);
        EXPECT_EQ(dup(0), lowest);
        EXPECT_EQ(dup(0), lowest + 1);
        _exit(3);
    }
    EXPECT_EQ(pidfd, lowest);
    EXPECT_EQ(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(dup(0), lowest + 1);
    siginfo_t info;
    EXPECT_OK(waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED));
    EXPECT_EQ(info.si_pid, child);
    EXPECT_EQ(info.si_status, 3);
    EXPECT_OK(close(lowest + 1));
    EXPECT_OK(close(pidfd));

    // Children that nobody waits for.
    EXPECT(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    for (int i = 0; i < 300; i++) {
        pidfd = -77;
        if (EXPECT_OK(clone_with_descriptor(&pidfd)) == 0) _exit(0);
        EXPECT_EQ(pidfd, lowest);
        struct pollfd ended = {pidfd, POLLIN, 0};
        EXPECT_EQ(poll(&ended, 1, -1), 1);
        EXPECT_OK(close(pidfd));
    }
    EXPECT(signal(SIGCHLD, SIG_DFL) != SIG_ERR);

    // No child without its descriptor.
    EXPECT_ERRNO(clone_with_descriptor((int*)8), EFAULT);
    struct rlimit limit, full;
    EXPECT_OK(getrlimit(RLIMIT_NOFILE, &limit));
    full = limit;
    full.rlim_cur = (rlim_t)lowest;
    EXPECT_OK(setrlimit(RLIMIT_NOFILE, &full));
    EXPECT_ERRNO(clone_with_descriptor(&pidfd), EMFILE);
    full.rlim_cur = (rlim_t)lowest + 1;
    EXPECT_OK(setrlimit(RLIMIT_NOFILE, &full));
    child = EXPECT_OK(clone_with_descriptor(&pidfd));
    if (child == 0) {
        struct rlimit mine;
        EXPECT_OK(getrlimit(RLIMIT_NOFILE, &mine));
        _exit(mine.rlim_cur == full.rlim_cur ? 4 : 5);
    }
    EXPECT_EQ(pidfd, lowest);
    EXPECT_EXIT(child, 4);
    EXPECT_ERRNO(waitpid(-1, NULL, 0), ECHILD);
    return 0;
}
