// SPDX-License-Identifier: Apache-2.0
//
// A blocked signal becomes pending, is listed by sigpending, and is delivered before sigprocmask that
// unblocks it returns; setting it to SIG_IGN discards what is pending; a child starts with nothing pending.
// sigpending(2), sigaction(2).
#include "testing.h"

static bool pending(int number) {
    sigset_t set;
    EXPECT_OK(sigpending(&set));
    return sigismember(&set, number) == 1;
}

int main(void) {
    watchdog(60);
    count_signals(SIGUSR1, 0);
    sigset_t usr1 = set_of(SIGUSR1), old;
    EXPECT_OK(sigprocmask(SIG_BLOCK, &usr1, &old));
    EXPECT(!sigismember(&old, SIGUSR1));
    EXPECT(!pending(SIGUSR1));
    EXPECT_OK(raise(SIGUSR1));
    EXPECT(pending(SIGUSR1));
    EXPECT(!pending(SIGUSR2));
    EXPECT_EQ(load(signal_count), 0);
    EXPECT_OK(sigprocmask(SIG_SETMASK, &old, NULL));
    EXPECT_EQ(load(signal_count), 1);
    EXPECT(!pending(SIGUSR1));

    EXPECT_OK(sigprocmask(SIG_BLOCK, &usr1, NULL));
    EXPECT_OK(raise(SIGUSR1));
    EXPECT(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
    EXPECT(!pending(SIGUSR1));
    count_signals(SIGUSR1, 0);
    EXPECT_OK(sigprocmask(SIG_UNBLOCK, &usr1, NULL));
    EXPECT_EQ(load(signal_count), 1);

    // A pending signal is not inherited by a child.
    EXPECT_OK(sigprocmask(SIG_BLOCK, &usr1, NULL));
    EXPECT_OK(raise(SIGUSR1));
    pid_t child = fork_child();
    if (child == 0) _exit(pending(SIGUSR1));
    EXPECT_EXIT(child, 0);
    EXPECT(pending(SIGUSR1));
    return 0;
}
