// SPDX-License-Identifier: Apache-2.0
//
// Ways to wait: WNOWAIT leaves the child, P_PIDFD and P_PGID choose it, WNOHANG returns 0, __WCLONE waits for those
// without SIGCHLD only, __WALL for all, __WNOTHREAD for the thread's own; another thread may wait for any; rusage comes
// along; options that mean nothing are EINVAL. wait(2), waitid(2).
#include "testing.h"

#include <sys/resource.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static pid_t exiting(int code) {
    pid_t child = fork_child();
    if (child == 0) _exit(code);
    return child;
}

static void* wait_in_thread(void* argument) {
    pid_t child = *(pid_t*)argument;
    int status;
    EXPECT_ERRNO(waitpid(child, &status, __WNOTHREAD), ECHILD);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 4);
    return NULL;
}

int main(void) {
    watchdog(60);
    int status;
    siginfo_t info = {0};
    struct rusage usage;
    EXPECT_ERRNO(waitpid(-1, &status, WNOHANG), ECHILD);
    pid_t child = exiting(3);
    EXPECT_OK(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT));
    EXPECT(info.si_pid == child && info.si_code == CLD_EXITED && info.si_status == 3 && info.si_signo == SIGCHLD);
    EXPECT_OK(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | WNOHANG));
    EXPECT_EQ(info.si_pid, child);
    EXPECT_EQ(wait4(child, &status, 0, &usage), child);
    EXPECT_EQ(WEXITSTATUS(status), 3);
    EXPECT(usage.ru_maxrss > 0);
    EXPECT_ERRNO(waitid(P_PID, (id_t)child, &info, WEXITED), ECHILD);

    int stop[2];
    EXPECT_OK(pipe(stop));
    child = fork_child();
    if (child == 0) {
        char byte;
        EXPECT_EQ(read(stop[0], &byte, 1), 1);
        _exit(9);
    }
    EXPECT_EQ(waitpid(child, &status, WNOHANG), 0);
    info.si_pid = 77;
    EXPECT_OK(waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG));
    EXPECT_EQ(info.si_pid, 0);
    EXPECT_ERRNO(waitpid(child, &status, __WCLONE | WNOHANG), ECHILD);
    EXPECT_EQ(waitpid(child, &status, __WALL | WNOHANG), 0);
    EXPECT_OK(setpgid(child, child));
    EXPECT_ERRNO(waitpid(0, &status, WNOHANG), ECHILD);  // not of our group any more
    EXPECT_EQ(waitpid(-child, &status, WNOHANG), 0);
    EXPECT_OK(waitid(P_PGID, (id_t)child, &info, WEXITED | WNOHANG));
    int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
    if (pidfd >= 0) EXPECT_OK(waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG));
    EXPECT_EQ(write(stop[1], "x", 1), 1);
    if (pidfd >= 0) {
        EXPECT_OK(waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED));
        EXPECT_EQ(info.si_status, 9);
        EXPECT_ERRNO(waitid((idtype_t)P_PIDFD, (id_t)stop[0], &info, WEXITED), EBADF);
    } else {
        EXPECT_EQ(waitpid(-child, &status, 0), child);
    }

    int hold[2];  // one that has ended is shown as that, not as continued
    EXPECT_OK(pipe(hold));
    child = fork_child();
    if (child == 0) {
        char byte;
        raise(SIGSTOP);
        EXPECT_EQ(read(hold[0], &byte, 1), 1);
        _exit(0);
    }
    EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
    EXPECT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    EXPECT_OK(kill(child, SIGCONT));
    EXPECT_EQ(waitpid(child, &status, WCONTINUED), child);
    EXPECT(WIFCONTINUED(status));
    EXPECT_EQ(write(hold[1], "x", 1), 1);
    EXPECT_EXIT(child, 0);

    child = exiting(4);
    join_thread(start_thread(wait_in_thread, &child));
    EXPECT_ERRNO(waitpid(-1, &status, 0x100), EINVAL);
    EXPECT_ERRNO(waitid(P_ALL, 0, &info, 0), EINVAL);
    EXPECT_ERRNO(waitid((idtype_t)9, 0, &info, WEXITED), EINVAL);
    EXPECT_ERRNO(waitpid(INT_MIN, &status, 0), ESRCH);
    return 0;
}
