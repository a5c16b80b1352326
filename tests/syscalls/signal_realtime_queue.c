// SPDX-License-Identifier: Apache-2.0
//
// Blocked real-time signals queue: each is delivered, the lowest number first, the same number in the order
// sent, with its value; a standard signal coalesces to one (the first). signal(7), sigqueue(3).
#include "testing.h"

static int numbers[64], values[64];
static volatile int count;

static void handler(int number, siginfo_t* info, void*) {
    numbers[count] = number;
    values[count] = info->si_value.sival_int;
    count++;
}

static void send(int number, int value) { EXPECT_OK(sigqueue(getpid(), number, (union sigval){.sival_int = value})); }

int main(void) {
    watchdog(60);
    int low = SIGRTMIN + 1, high = SIGRTMIN + 7;
    int used[] = {low, high, SIGUSR1};
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < 3; i++) {
        struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
        sigfillset(&action.sa_mask);
        EXPECT_OK(sigaction(used[i], &action, NULL));
        sigaddset(&set, used[i]);
    }
    EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    for (int i = 0; i < 20; i++) {
        send(high, 100 + i);
        send(low, i);
        send(SIGUSR1, 1000 + i);
    }
    // sa_mask blocks all others in the handler, so they run one by one, in the order they are dequeued.
    EXPECT_OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
    EXPECT_EQ(count, 41);
    EXPECT_EQ(numbers[0], SIGUSR1);
    EXPECT_EQ(values[0], 1000);
    for (int i = 0; i < 20; i++) {
        EXPECT_EQ(numbers[1 + i], low);
        EXPECT_EQ(values[1 + i], i);
        EXPECT_EQ(numbers[21 + i], high);
        EXPECT_EQ(values[21 + i], 100 + i);
    }
    return 0;
}
