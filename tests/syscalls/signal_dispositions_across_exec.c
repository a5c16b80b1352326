// SPDX-License-Identifier: Apache-2.0
//
// execve keeps ignored signals ignored, resets handlers to the default, and drops the alternate stack.
// execve(2).
#include "testing.h"

static char stack[65536];

static int after_exec(void) {
    for (int number = 1; number < 32; number++) {
        struct sigaction action;
        EXPECT_OK(sigaction(number, NULL, &action));
        if (number == SIGUSR1 || number == SIGPIPE || number == SIGHUP)
            EXPECT(action.sa_handler == SIG_IGN);
        else
            EXPECT(action.sa_handler == SIG_DFL);
    }
    stack_t current;
    EXPECT_OK(sigaltstack(NULL, &current));
    EXPECT(current.ss_flags & SS_DISABLE);
    EXPECT_OK(raise(SIGUSR1));
    EXPECT_OK(raise(SIGUSR2));  // the default ends the process
    return 9;
}

static void handler(int) { _exit(10); }

int main(int argc, char** argv) {
    if (argc == 2) return after_exec();
    watchdog(60);
    pid_t child = EXPECT_OK(fork());
    if (child == 0) {
        for (int number = 1; number < 32; number++)
            if (number != SIGKILL && number != SIGSTOP) signal(number, handler);
        signal(SIGUSR1, SIG_IGN);
        signal(SIGPIPE, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        EXPECT_OK(sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL));
        execl(argv[0], argv[0], "after-exec", NULL);
        _exit(8);
    }
    EXPECT_KILLED(child, SIGUSR2);
    return 0;
}
