// SPDX-License-Identifier: Apache-2.0
//
// Queued signals for a process whose only threads that take them come and go: each that was sent arrives, also while the queue is
// full (RLIMIT_SIGPENDING) and whoever waits for a place takes the one that comes free. sigqueue(3), getrlimit(2).
#include "testing.h"

#include <sys/resource.h>

enum { kSenders = 3, kSignals = 6000 };
static volatile int seen, finish;

static void on_queued(int, siginfo_t* info, void*) {
    EXPECT_EQ(info->si_value.sival_int, 4711);
    add(&seen, 1);
}

static void* short_life(void*) {
    sigset_t all;
    sigemptyset(&all);
    EXPECT_EQ(pthread_sigmask(SIG_SETMASK, &all, NULL), 0);
    for (int i = 0; i < 3; i++) EXPECT(getppid() >= 0);
    return NULL;
}

static void* parent(void*) {
    while (!load(&finish)) join_thread(start_thread(short_life, NULL));
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

// The queues of all processes of the user count together.
static unsigned long queued_now(void) {
    FILE* status = fopen("/proc/self/status", "re");
    EXPECT(status != NULL);
    char line[256];
    unsigned long count = 0;
    while (fgets(line, sizeof line, status) != NULL) (void)sscanf(line, "SigQ: %lu", &count);
    EXPECT_OK(fclose(status));
    return count;
}

int main(void) {
    watchdog(60);
    handle_with_info(SIGRTMIN + 1, on_queued, SA_RESTART);
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGRTMIN + 1);
    EXPECT_EQ(pthread_sigmask(SIG_BLOCK, &blocked, NULL), 0);
    struct rlimit limit;
    EXPECT_OK(getrlimit(RLIMIT_SIGPENDING, &limit));
    limit.rlim_cur = queued_now() + 40;  // room for what other processes may do meanwhile
    EXPECT_OK(setrlimit(RLIMIT_SIGPENDING, &limit));
    pthread_t parents[2], senders[kSenders];
    for (int i = 0; i < 2; i++) parents[i] = start_thread(parent, NULL);
    for (int i = 0; i < kSenders; i++) senders[i] = start_thread(sender, NULL);
    for (int i = 0; i < kSenders; i++) join_thread(senders[i]);
    wait_until_at_least(&seen, kSignals);
    store(&finish, 1);
    for (int i = 0; i < 2; i++) join_thread(parents[i]);
    EXPECT_EQ(load(&seen), kSignals);
    return 0;
}
