// SPDX-License-Identifier: Apache-2.0
//
// pthread_exit in main: the process goes on until its last thread ends, then its exit code is 0, or the one
// given to exit by a thread; meanwhile the main thread is a zombie and the process still takes signals.
// pthread_exit(3).
#include "testing.h"

static volatile int taken;

static void handler(int) { store(&taken, 1); }

static void* last_thread(void* argument) {
    wait_for_state(getpid(), getpid(), 'Z');
    EXPECT_OK(kill(getpid(), SIGUSR1));
    wait_until_at_least(&taken, 1);
    if (argument != NULL) exit(23);
    return NULL;
}

int main(void) {
    watchdog(60);
    for (long with_code = 0; with_code <= 1; with_code++) {
        pid_t child = fork_child();
        if (child == 0) {
            handle_with(SIGUSR1, handler, 0);
            start_thread(last_thread, (void*)with_code);
            pthread_exit(NULL);
        }
        EXPECT_EXIT(child, with_code ? 23 : 0);
    }
    return 0;
}
