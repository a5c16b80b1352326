// SPDX-License-Identifier: Apache-2.0
//
// A repeating timer whose signal is blocked counts overruns: one signal is queued, si_overrun and
// timer_getoverrun tell how many periods were missed. timer_getoverrun(2).
#include "testing.h"

int main(void) {
    watchdog(60);
    sigset_t usr1 = set_of(SIGUSR1);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &usr1, NULL));
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    timer_t timer;
    EXPECT_OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
    struct itimerspec every = {{0, 1000000}, {0, 1000000}}, off = {0};
    struct timespec start, now;
    EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &start));
    EXPECT_OK(timer_settime(timer, 0, &every, NULL));
    long elapsed;
    do {
        EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &now));
        elapsed = (now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000;
    } while (elapsed < 20);
    siginfo_t info;
    EXPECT_EQ(sigwaitinfo(&usr1, &info), SIGUSR1);
    EXPECT_EQ(info.si_code, SI_TIMER);
    EXPECT(info.si_overrun >= 18);
    EXPECT(timer_getoverrun(timer) >= 18);
    EXPECT_OK(timer_settime(timer, 0, &off, NULL));
    EXPECT_OK(timer_delete(timer));
    return 0;
}
