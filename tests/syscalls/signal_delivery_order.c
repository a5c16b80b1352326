// SPDX-License-Identifier: Apache-2.0
//
// Signals that become deliverable together: frames are pushed in the order of their numbers (synchronous
// faults first), so the handler of the highest number runs first and then returns into the next. signal(7).
#include "testing.h"

static volatile int order[8], used;

static void handler(int number) { order[used++] = number; }

int main(void) {
    watchdog(60);
    static const int numbers[] = {SIGTERM, SIGHUP, SIGUSR2, SIGUSR1};
    sigset_t set, old;
    sigemptyset(&set);
    for (int i = 0; i < 4; i++) {
        handle_with(numbers[i], handler, 0);
        sigaddset(&set, numbers[i]);
    }
    EXPECT_OK(sigprocmask(SIG_BLOCK, &set, &old));
    for (int i = 0; i < 4; i++) EXPECT_OK(syscall(SYS_tgkill, getpid(), own_tid(), numbers[i]));
    EXPECT_OK(sigprocmask(SIG_SETMASK, &old, NULL));
    EXPECT_EQ(used, 4);
    EXPECT_EQ(order[0], SIGTERM);
    EXPECT_EQ(order[1], SIGUSR2);
    EXPECT_EQ(order[2], SIGUSR1);
    EXPECT_EQ(order[3], SIGHUP);
    return 0;
}
