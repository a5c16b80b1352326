// SPDX-License-Identifier: Apache-2.0
//
// Queued signals for threads that block and unblock another one all the time: each that was sent arrives. sigqueue(3),
// sigprocmask(2).
#include "testing.h"

enum { kSenders = 2, kSignals = 40000 };
static volatile int seen, finish;

static void on_queued(int, siginfo_t* info, void*) {
    EXPECT_EQ(info->si_value.sival_int, 4711);
    add(&seen, 1);
}

static void* taker(void*) {
    sigset_t other;
    sigemptyset(&other);
    sigaddset(&other, SIGUSR2);
    while (!load(&finish)) {
        EXPECT_EQ(pthread_sigmask(SIG_BLOCK, &other, NULL), 0);
        EXPECT_EQ(pthread_sigmask(SIG_UNBLOCK, &other, NULL), 0);
    }
    return NULL;
}

static void* sender(void*) {
    const union sigval value = {.sival_int = 4711};
    for (int i = 0; i < kSignals / kSenders; i++) {
        while (sigqueue(getpid(), SIGRTMIN + 1, value) != 0) {
            EXPECT_EQ(errno, EAGAIN);
            sched_yield();
        }
    }
    return NULL;
}

int main(void) {
    watchdog(60);
    handle_with_info(SIGRTMIN + 1, on_queued, SA_RESTART);
    pthread_t takers[2], senders[kSenders];
    for (int i = 0; i < 2; i++) takers[i] = start_thread(taker, NULL);
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGRTMIN + 1);
    EXPECT_EQ(pthread_sigmask(SIG_BLOCK, &blocked, NULL), 0);
    for (int i = 0; i < kSenders; i++) senders[i] = start_thread(sender, NULL);
    for (int i = 0; i < kSenders; i++) join_thread(senders[i]);
    wait_until_at_least(&seen, kSignals);
    store(&finish, 1);
    for (int i = 0; i < 2; i++) join_thread(takers[i]);
    EXPECT_EQ(load(&seen), kSignals);
    return 0;
}
