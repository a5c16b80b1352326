// SPDX-License-Identifier: Apache-2.0
//
// What a handler writes to uc_sigmask in its ucontext is the mask after it returns; before, uc_sigmask holds
// the mask of the interrupted code. sigaction(2), sigreturn(2).
#include "testing.h"

#include <ucontext.h>

static volatile int change_to;  // a signal to block on return

static void handler(int, siginfo_t*, void* context) {
    sigset_t* mask = &((ucontext_t*)context)->uc_sigmask;
    EXPECT_EQ(sigismember(mask, SIGHUP), 1);
    EXPECT_EQ(sigismember(mask, SIGUSR1), 0);
    sigaddset(mask, change_to);
    sigdelset(mask, SIGHUP);
}

int main(void) {
    watchdog(60);
    handle_with_info(SIGUSR1, handler, 0);
    count_signals(SIGHUP, 0);
    sigset_t hangup = set_of(SIGHUP), now;
    EXPECT_OK(sigprocmask(SIG_BLOCK, &hangup, NULL));
    EXPECT_OK(raise(SIGHUP));
    change_to = SIGUSR2;
    EXPECT_EQ(load(signal_count), 0);
    EXPECT_OK(raise(SIGUSR1));
    EXPECT_EQ(load(signal_count), 1);  // unblocked by the return, and delivered there
    EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &now));
    EXPECT(sigismember(&now, SIGUSR2) == 1 && sigismember(&now, SIGHUP) == 0);
    return 0;
}
