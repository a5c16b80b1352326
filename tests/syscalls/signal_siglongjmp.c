// SPDX-License-Identifier: Apache-2.0
//
// siglongjmp out of a handler restores the mask and leaves handlers usable, a thousand times over, from
// faults, from signals sent in system calls, and from the alternate stack. sigsetjmp(3).
#include "testing.h"

#include <setjmp.h>

static sigjmp_buf point;
static char stack[65536];

static void handler(int number) { siglongjmp(point, number); }

static bool masked(int number) {
    sigset_t mask;
    EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
    return sigismember(&mask, number) == 1;
}

int main(void) {
    watchdog(60);
    EXPECT_OK(sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL));
    for (volatile int flags = 0; flags <= SA_ONSTACK; flags += SA_ONSTACK) {
        handle_with(SIGSEGV, handler, flags);
        handle_with(SIGUSR1, handler, flags);
        for (volatile int i = 0; i < 1000; i++) {
            int number = sigsetjmp(point, 1);
            if (number == 0) {
                *(volatile int*)8 = 1;
                EXPECT(false);
            }
            EXPECT_EQ(number, SIGSEGV);
            EXPECT(!masked(SIGSEGV));
            number = sigsetjmp(point, 1);
            if (number == 0) {
                EXPECT_OK(kill(getpid(), SIGUSR1));
                EXPECT(false);
            }
            EXPECT_EQ(number, SIGUSR1);
            EXPECT(!masked(SIGUSR1));
        }
        stack_t current;
        EXPECT_OK(sigaltstack(NULL, &current));
        EXPECT_EQ(current.ss_flags, 0);
    }
    return 0;
}
