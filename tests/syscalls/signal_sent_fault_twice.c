// SPDX-License-Identifier: Apache-2.0
//
// Standard signals do not queue: of one that is sent again while it is blocked and pending, the first stays. That holds
// for those of faults too. signal(7).
#include "testing.h"

static volatile int value, count;

static void on_signal(int, siginfo_t* info, void*) {
    value = info->si_value.sival_int;
    count++;
}

int main(void) {
    watchdog(60);
    const int numbers[] = {SIGUSR1, SIGSEGV, SIGBUS, SIGTRAP, SIGSYS, SIGFPE};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        handle_with_info(numbers[i], on_signal, 0);
        sigset_t set = set_of(numbers[i]);
        EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
        for (int k = 1; k <= 3; k++) EXPECT_OK(sigqueue(getpid(), numbers[i], (union sigval){.sival_int = k}));
        value = count = 0;
        EXPECT_OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
        EXPECT_EQ(count, 1);
        EXPECT_EQ(value, 1);
    }
    return 0;
}
