// SPDX-License-Identifier: Apache-2.0
//
// A signal for the process is not lost when the thread that was to take it blocks it or ends at that moment: another
// takes it. signal(7), pthreads(7).
#include "testing.h"

enum { kSignals = 3000 };

static void* takes_signals(void*) {
    sigset_t set = set_of(SIGUSR1);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    return NULL;
}

static void send_all(pid_t target, volatile int* finished) {
    for (int i = 0; i < kSignals; i++) {
        int before = load(signal_count);
        if (i % 2 == 0) {
            EXPECT_OK(kill(target, SIGUSR1));
        } else {
            EXPECT_OK(sigqueue(target, SIGUSR1, (union sigval){.sival_int = i}));
        }
        wait_until_at_least(signal_count, before + 1);
    }
    store(finished, 1);
}

int main(void) {
    watchdog(60);
    volatile int* finished = (volatile int*)shared_memory(4096);
    sigset_t set = set_of(SIGUSR1);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    count_signals(SIGUSR1, SA_RESTART);
    pid_t self = getpid(), child = fork_child();
    if (child == 0) {
        send_all(self, finished);
        _exit(0);
    }
    while (!load(finished)) join_thread(start_thread(takes_signals, NULL));
    EXPECT_EXIT(child, 0);
    return 0;
}
