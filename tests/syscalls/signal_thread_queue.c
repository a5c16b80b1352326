// SPDX-License-Identifier: Apache-2.0
//
// A signal that pthread_sigqueue sends to one thread is handled by that thread, also while it blocks and unblocks the
// signal all the time and other threads would take it. pthread_sigqueue(3).
#include "testing.h"

enum { kSignals = 3000 };
static volatile int toggler_tid, finished;
static volatile int handled, by_others;

static void check_thread(int) {
    if (own_tid() != toggler_tid) add(&by_others, 1);
    add(&handled, 1);
}

static void* toggle(void*) {
    sigset_t set = set_of(SIGUSR1);
    store(&toggler_tid, own_tid());
    while (!load(&finished)) {
        pthread_sigmask(SIG_BLOCK, &set, NULL);
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    }
    return NULL;
}

int main(void) {
    watchdog(60);
    handle_with(SIGUSR1, check_thread, SA_RESTART);
    pthread_t toggler = start_thread(toggle, NULL);
    wait_until_at_least(&toggler_tid, 1);
    for (int i = 0; i < kSignals; i++) {
        EXPECT_EQ(pthread_sigqueue(toggler, SIGUSR1, (union sigval){.sival_int = i}), 0);
        while (load(&handled) <= i) continue;
    }
    store(&finished, 1);
    join_thread(toggler);
    EXPECT_EQ(by_others, 0);
    return 0;
}
