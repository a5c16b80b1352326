// SPDX-License-Identifier: Apache-2.0
//
// waitid: WNOWAIT leaves the child to be waited for again, WNOHANG yields si_pid 0,
// WSTOPPED/WCONTINUED/WEXITED choose the events, P_PGID and P_ALL the children, rusage is filled in; bad
// arguments are EINVAL, no child ECHILD. waitid(2).
#include "testing.h"

#include <sys/resource.h>

static void expect(siginfo_t* info, pid_t pid, int code, int status) {
    EXPECT_EQ(info->si_signo, SIGCHLD);
    EXPECT_EQ(info->si_pid, pid);
    EXPECT_EQ(info->si_uid, getuid());
    EXPECT_EQ(info->si_code, code);
    EXPECT_EQ(info->si_status, status);
}

int main(void) {
    watchdog(60);
    siginfo_t info = {0};
    EXPECT_ERRNO(waitid(P_ALL, 0, &info, WEXITED), ECHILD);
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(raise(SIGSTOP));
        for (;;) pause();
    }
    EXPECT_OK(waitid(P_PID, child, &info, WSTOPPED | WNOWAIT));
    expect(&info, child, CLD_STOPPED, SIGSTOP);
    EXPECT_OK(waitid(P_ALL, 0, &info, WSTOPPED));
    expect(&info, child, CLD_STOPPED, SIGSTOP);
    memset(&info, 0xff, sizeof info);
    EXPECT_OK(waitid(P_PID, child, &info, WEXITED | WSTOPPED | WNOHANG));
    EXPECT_EQ(info.si_pid, 0);
    EXPECT_OK(kill(child, SIGCONT));
    EXPECT_OK(waitid(P_PGID, getpgrp(), &info, WCONTINUED));
    expect(&info, child, CLD_CONTINUED, SIGCONT);
    EXPECT_OK(kill(child, SIGTERM));
    EXPECT_OK(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
    expect(&info, child, CLD_KILLED, SIGTERM);
    EXPECT_EQ(thread_state(child, child), 'Z');
    struct rusage usage;
    memset(&usage, 0xff, sizeof usage);
    EXPECT_OK(syscall(SYS_waitid, P_PID, child, &info, WEXITED, &usage));
    expect(&info, child, CLD_KILLED, SIGTERM);
    EXPECT(usage.ru_utime.tv_sec >= 0 && usage.ru_utime.tv_usec < 1000000);
    EXPECT_ERRNO(waitid(P_PID, child, &info, WEXITED), ECHILD);
    EXPECT_ERRNO(waitid(P_PID, child, &info, 0), EINVAL);
    EXPECT_ERRNO(waitid((idtype_t)9, child, &info, WEXITED), EINVAL);
    return 0;
}
