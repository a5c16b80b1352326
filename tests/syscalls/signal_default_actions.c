// SPDX-License-Identifier: Apache-2.0
//
// The default action of every signal: it ends the process, stops it, or is ignored, and the parent's wait
// status says so. signal(7), "Standard signals".
#include "testing.h"

#include <sys/resource.h>

int main(void) {
    watchdog(60);
    EXPECT_OK(setrlimit(RLIMIT_CORE, &(struct rlimit){1, 1}));  // 1, not 0: no core to a piped handler either
    for (int number = 1; number <= SIGRTMAX; number++) {
        if (number == SIGRTMIN - 1 || number == SIGRTMIN - 2) continue;  // the C library's own
        pid_t child = EXPECT_OK(fork());
        if (child == 0) {
            signal(number, SIG_DFL);
            alarm(number == SIGALRM ? 0 : 60);
            kill(getpid(), number);
            _exit(42);
        }
        int status;
        EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
        switch (number) {
            case SIGCHLD:
            case SIGCONT:
            case SIGURG:
            case SIGWINCH: EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 42); break;
            case SIGTSTP:
            case SIGTTIN:
            case SIGTTOU:
                if (WIFEXITED(status)) break;  // an orphaned process group is not stopped by these
                // fall through
            case SIGSTOP:
                EXPECT_EQ(status, number << 8 | 0x7f);
                EXPECT_OK(kill(child, SIGCONT));
                EXPECT_EXIT(child, 42);
                break;
            default: EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == number);
        }
    }
    return 0;
}
