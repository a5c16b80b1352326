// SPDX-License-Identifier: Apache-2.0
//
// SIGSTOP stops all threads of a process until SIGCONT; SIGCONT discards a pending SIGTSTP, is seen by a
// handler, and the state in /proc is T; SIGKILL ends a stopped process. signal(7).
#include "testing.h"

static volatile int* counters;

static void* count_up(void* argument) {
    volatile int* counter = argument;
    for (;;) {
        add(counter, 1);
        sched_yield();
    }
    return NULL;
}

static void on_continue(int) { add(&counters[2], 1); }

int main(void) {
    watchdog(60);
    counters = shared_memory(4096);
    pid_t child = fork_child();
    if (child == 0) {
        handle_with(SIGCONT, on_continue, 0);
        start_thread(count_up, (void*)&counters[0]);
        count_up((void*)&counters[1]);
    }
    for (int round = 1; round <= 3; round++) {
        int first = load(&counters[0]), second = load(&counters[1]);
        wait_until_at_least(&counters[0], first + 10);
        wait_until_at_least(&counters[1], second + 10);
        EXPECT_OK(kill(child, SIGSTOP));
        int status;
        EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
        EXPECT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
        EXPECT_EQ(thread_state(child, child), 'T');
        first = load(&counters[0]), second = load(&counters[1]);
        for (int i = 0; i < 1000; i++) sched_yield();
        EXPECT(load(&counters[0]) == first && load(&counters[1]) == second);
        if (round < 3) {
            EXPECT_OK(kill(child, SIGCONT));
            wait_until_at_least(&counters[2], round);
        }
    }
    EXPECT_OK(kill(child, SIGKILL));
    EXPECT_KILLED(child, SIGKILL);
    EXPECT_EQ(load(&counters[2]), 2);

    sigset_t stop = set_of(SIGTSTP), pending;
    EXPECT_OK(sigprocmask(SIG_BLOCK, &stop, NULL));
    EXPECT_OK(kill(getpid(), SIGTSTP));
    EXPECT_OK(kill(getpid(), SIGCONT));
    EXPECT_OK(sigpending(&pending));
    EXPECT_EQ(sigismember(&pending, SIGTSTP), 0);
    return 0;
}
