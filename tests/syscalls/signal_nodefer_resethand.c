// SPDX-License-Identifier: Apache-2.0
//
// During a handler its own signal and sa_mask are blocked, afterwards not; SA_NODEFER leaves the own signal
// open; SA_RESETHAND runs the handler once and restores the default. sigaction(2).
#include "testing.h"

static volatile int depth, deepest, runs;

static void handler(int number) {
    runs++;
    if (++depth > deepest) deepest = depth;
    if (runs < 3) EXPECT_OK(raise(number));
    depth--;
}

static void expect_usr2_blocked(int) {
    sigset_t mask;
    EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
    EXPECT(sigismember(&mask, SIGUSR1) && sigismember(&mask, SIGUSR2) && !sigismember(&mask, SIGHUP));
}

int main(void) {
    watchdog(60);
    handle_with(SIGUSR1, handler, 0);
    EXPECT_OK(raise(SIGUSR1));
    EXPECT(runs == 3 && deepest == 1);

    runs = deepest = 0;
    handle_with(SIGUSR1, handler, SA_NODEFER);
    EXPECT_OK(raise(SIGUSR1));
    EXPECT(runs == 3 && deepest == 3);

    struct sigaction action = {.sa_handler = expect_usr2_blocked};
    sigaddset(&action.sa_mask, SIGUSR2);
    EXPECT_OK(sigaction(SIGUSR1, &action, NULL));
    EXPECT_OK(raise(SIGUSR1));
    sigset_t mask;
    EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
    EXPECT(!sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGUSR2));

    runs = 3;
    handle_with(SIGUSR1, handler, SA_RESETHAND);
    EXPECT_OK(raise(SIGUSR1));
    EXPECT_EQ(runs, 4);
    EXPECT_OK(sigaction(SIGUSR1, NULL, &action));
    EXPECT(action.sa_handler == SIG_DFL);
    return 0;
}
