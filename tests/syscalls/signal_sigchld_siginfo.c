// SPDX-License-Identifier: Apache-2.0
//
// SIGCHLD's siginfo: pid, uid, and CLD_EXITED with the code, CLD_KILLED/CLD_DUMPED with the signal,
// CLD_STOPPED and CLD_CONTINUED. sigaction(2).
#include "testing.h"

static siginfo_t last;
static volatile int count;

static void handler(int, siginfo_t* info, void*) {
    last = *info;
    add(&count, 1);
}

static void expect_last(int number, pid_t child, int code, int status) {
    wait_until_at_least(&count, number);
    EXPECT_EQ(last.si_signo, SIGCHLD);
    EXPECT_EQ(last.si_pid, child);
    EXPECT_EQ(last.si_uid, getuid());
    EXPECT_EQ(last.si_code, code);
    EXPECT_EQ(last.si_status, status);
}

int main(void) {
    watchdog(60);
    handle_with_info(SIGCHLD, handler, SA_RESTART);
    pid_t child = fork_child();
    if (child == 0) _exit(0x155);
    expect_last(1, child, CLD_EXITED, 0x55);
    EXPECT_EXIT(child, 0x55);

    child = fork_child();
    if (child == 0)
        for (;;) pause();
    EXPECT_OK(kill(child, SIGSTOP));
    expect_last(2, child, CLD_STOPPED, SIGSTOP);
    EXPECT_OK(kill(child, SIGCONT));
    expect_last(3, child, CLD_CONTINUED, SIGCONT);
    EXPECT_OK(kill(child, SIGTERM));
    expect_last(4, child, CLD_KILLED, SIGTERM);
    EXPECT_KILLED(child, SIGTERM);
    return 0;
}
