// SPDX-License-Identifier: Apache-2.0
//
// A signal for the parent during vfork is delivered to the parent, after the child has let go; a child killed
// before its execve releases the parent, too. vfork(2).
#include "testing.h"

static volatile int runs, handler_pid;

static void handler(int) {
    runs++;
    handler_pid = getpid();
}

int main(void) {
    watchdog(60);
    handle_with(SIGUSR1, handler, 0);
    for (int i = 1; i <= 20; i++) {
        pid_t parent = getpid(), child = vfork();
        if (child == 0) {
            kill(parent, SIGUSR1);
            _exit(runs == i - 1 ? 0 : 1);
        }
        EXPECT(child > 0);
        EXPECT_EQ(runs, i);
        EXPECT_EQ(handler_pid, parent);
        EXPECT_EXIT(child, 0);

        child = vfork();
        if (child == 0) {
            kill(getpid(), SIGKILL);
            _exit(9);
        }
        EXPECT_KILLED(child, SIGKILL);
    }
    return 0;
}
