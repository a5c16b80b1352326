// SPDX-License-Identifier: Apache-2.0
//
// SA_NOCLDSTOP: a stopped or continued child raises no SIGCHLD, an exit does. SA_NOCLDWAIT and SIG_IGN for
// SIGCHLD: children leave no zombie and wait fails with ECHILD after the last is gone. sigaction(2), wait(2).
#include "testing.h"

static pid_t pausing_child(void) {
    pid_t child = fork_child();
    if (child == 0)
        for (;;) pause();
    return child;
}

static void stop_and_continue(pid_t child) {
    int status;
    EXPECT_OK(kill(child, SIGSTOP));
    EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
    EXPECT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    EXPECT_OK(kill(child, SIGCONT));
    EXPECT_EQ(waitpid(child, &status, WCONTINUED), child);
    EXPECT(WIFCONTINUED(status));
}

int main(void) {
    watchdog(60);
    count_signals(SIGCHLD, SA_RESTART);
    pid_t child = pausing_child();
    stop_and_continue(child);
    wait_until_at_least(signal_count, 2);  // CLD_CONTINUED is sent by the child when it runs

    count_signals(SIGCHLD, SA_RESTART | SA_NOCLDSTOP);
    store(signal_count, 0);
    stop_and_continue(child);
    EXPECT_EQ(load(signal_count), 0);
    EXPECT_OK(kill(child, SIGKILL));
    EXPECT_KILLED(child, SIGKILL);
    EXPECT_EQ(load(signal_count), 1);

    count_signals(SIGCHLD, SA_RESTART | SA_NOCLDWAIT);
    child = fork_child();
    if (child == 0) _exit(3);
    EXPECT_ERRNO(waitpid(child, NULL, 0), ECHILD);  // waits until it is gone
    EXPECT_EQ(load(signal_count), 2);

    signal(SIGCHLD, SIG_IGN);
    for (int i = 0; i < 3; i++)
        if (fork_child() == 0) _exit(i);
    EXPECT_ERRNO(wait(NULL), ECHILD);
    return 0;
}
