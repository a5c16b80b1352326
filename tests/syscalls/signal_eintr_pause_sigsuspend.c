// SPDX-License-Identifier: Apache-2.0
//
// pause, sigsuspend and sigtimedwait end with EINTR after a handler (SA_RESTART or not); sigsuspend runs the
// handler under its temporary mask and restores the old one; sigtimedwait with nothing to take ends with
// EAGAIN. sigsuspend(2).
#include "testing.h"

static volatile int blocked_in_handler = -1;

static void look_at_mask(int) {
    sigset_t mask;
    EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
    blocked_in_handler = sigismember(&mask, SIGUSR1) + 2 * sigismember(&mask, SIGUSR2) + 4 * sigismember(&mask, SIGHUP);
}

int main(void) {
    watchdog(60);
    count_signals(SIGUSR1, SA_RESTART);
    sigset_t usr2 = set_of(SIGUSR2), hangup = set_of(SIGHUP), mask;
    struct timespec long_time = {.tv_sec = 1000}, none = {0};

    pid_t helper = start_interrupting(SIGUSR1);
    EXPECT_ERRNO(pause(), EINTR);
    EXPECT_ERRNO(sigsuspend(&usr2), EINTR);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &usr2, NULL));
    EXPECT_ERRNO(sigtimedwait(&usr2, NULL, &long_time), EINTR);
    stop_interrupting(helper);
    EXPECT_ERRNO(sigtimedwait(&usr2, NULL, &none), EAGAIN);

    // SIGUSR2 is blocked and pending; sigsuspend with only SIGHUP blocked runs its handler at once.
    handle_with(SIGUSR2, look_at_mask, 0);
    EXPECT_OK(raise(SIGUSR2));
    EXPECT_EQ(blocked_in_handler, -1);
    EXPECT_ERRNO(sigsuspend(&hangup), EINTR);
    EXPECT_EQ(blocked_in_handler, 2 + 4);  // SIGUSR2 as it is being handled, SIGHUP from sigsuspend's mask
    EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
    EXPECT(sigismember(&mask, SIGUSR2) && !sigismember(&mask, SIGHUP));
    return 0;
}
