// SPDX-License-Identifier: Apache-2.0
//
// sigaction returns what was set before (handler, mask, flags); SIGKILL and SIGSTOP and out-of-range numbers
// are EINVAL, a wrong sigsetsize too; a blocked SIGKILL/SIGSTOP is silently not blocked. sigaction(2),
// rt_sigprocmask(2).
#include "testing.h"

static void handler(int) {}

int main(void) {
    watchdog(60);
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART | SA_ONSTACK}, old;
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaddset(&action.sa_mask, SIGRTMIN + 5);
    EXPECT_OK(sigaction(SIGUSR1, &action, &old));
    EXPECT(old.sa_handler == SIG_DFL);
    EXPECT_OK(sigaction(SIGUSR1, NULL, &old));
    EXPECT(old.sa_handler == handler);
    EXPECT((old.sa_flags & (SA_RESTART | SA_ONSTACK | SA_NODEFER | SA_SIGINFO)) == (SA_RESTART | SA_ONSTACK));
    EXPECT(sigismember(&old.sa_mask, SIGUSR2) && sigismember(&old.sa_mask, SIGRTMIN + 5));
    EXPECT(!sigismember(&old.sa_mask, SIGUSR1) && !sigismember(&old.sa_mask, SIGHUP));

    struct {
        void* handler;
        unsigned long flags;
        void* restorer;
        unsigned long mask;
    } raw = {.handler = SIG_IGN};
    EXPECT_ERRNO(syscall(SYS_rt_sigaction, SIGKILL, &raw, NULL, 8), EINVAL);
    EXPECT_ERRNO(syscall(SYS_rt_sigaction, SIGSTOP, &raw, NULL, 8), EINVAL);
    EXPECT_ERRNO(syscall(SYS_rt_sigaction, 0, &raw, NULL, 8), EINVAL);
    EXPECT_ERRNO(syscall(SYS_rt_sigaction, 65, &raw, NULL, 8), EINVAL);
    EXPECT_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, &raw, NULL, 4), EINVAL);
    EXPECT_OK(syscall(SYS_rt_sigaction, SIGKILL, NULL, &raw, 8));
    EXPECT(raw.handler == NULL);
    EXPECT_ERRNO(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &raw.mask, 16), EINVAL);

    unsigned long everything = ~0UL & ~(1UL << (SIGALRM - 1)), seen = 0;
    EXPECT_OK(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &everything, NULL, 8));
    EXPECT_OK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &seen, 8));
    EXPECT_EQ(seen, everything & ~(1UL << (SIGKILL - 1)) & ~(1UL << (SIGSTOP - 1)));
    EXPECT_ERRNO(syscall(SYS_rt_sigprocmask, 17, &everything, NULL, 8), EINVAL);
    return 0;
}
