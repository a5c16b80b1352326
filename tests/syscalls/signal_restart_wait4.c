// SPDX-License-Identifier: Apache-2.0
//
// wait4(2) and waitid(2) restart after a handler with SA_RESTART. signal(7).
#include "testing.h"

static pid_t blocked_child(int* write_end) {
    int fds[2];
    EXPECT_OK(pipe2(fds, O_CLOEXEC));
    pid_t child = fork_child();
    if (child == 0) {
        close(fds[1]);
        char byte;
        _exit(read(fds[0], &byte, 1) == 1 ? 7 : 8);
    }
    close(fds[0]);
    *write_end = fds[1];
    return child;
}

static void release(int fd) { EXPECT_EQ(write(fd, "x", 1), 1); }

int main(void) {
    watchdog(60);
    count_signals(SIGUSR1, SA_RESTART);
    int write_end, status;
    pid_t child = blocked_child(&write_end);
    pid_t helper = interrupt_then(SIGUSR1, release, write_end);
    EXPECT_EQ(wait4(child, &status, 0, NULL), child);
    EXPECT_EQ(WEXITSTATUS(status), 7);
    EXPECT_EXIT(helper, 0);

    child = blocked_child(&write_end);
    helper = interrupt_then(SIGUSR1, release, write_end);
    siginfo_t info;
    EXPECT_OK(waitid(P_PID, child, &info, WEXITED));
    EXPECT_EQ(info.si_status, 7);
    EXPECT_EXIT(helper, 0);
    EXPECT_EQ(load(signal_count), 6);
    return 0;
}
