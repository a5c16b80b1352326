// SPDX-License-Identifier: Apache-2.0
//
// SS_AUTODISARM: the alternate stack is disarmed while a handler runs on it (so it may be changed, and left
// by swapcontext) and armed again when the handler returns. Per thread; not inherited by a thread.
// sigaltstack(2).
#include "testing.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static char stack[65536];
static volatile int runs;

static void handler(int) {
    char here;
    EXPECT(&here >= stack && &here < stack + sizeof stack);
    stack_t current;
    EXPECT_OK(sigaltstack(NULL, &current));
    EXPECT(current.ss_flags & SS_DISABLE);
    EXPECT_OK(sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL));
    runs++;
}

static void* thread(void*) {
    stack_t current;
    EXPECT_OK(sigaltstack(NULL, &current));
    EXPECT(current.ss_flags & SS_DISABLE);
    return NULL;
}

int main(void) {
    watchdog(60);
    EXPECT_OK(sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack, .ss_flags = (int)SS_AUTODISARM}, NULL));
    handle_with(SIGUSR1, handler, SA_ONSTACK);
    for (int i = 0; i < 3; i++) {
        EXPECT_OK(raise(SIGUSR1));
        stack_t current;
        EXPECT_OK(sigaltstack(NULL, &current));
        EXPECT_EQ(current.ss_flags, (int)SS_AUTODISARM);
        EXPECT(current.ss_sp == stack && current.ss_size == sizeof stack);
    }
    EXPECT_EQ(runs, 3);
    join_thread(start_thread(thread, NULL));
    return 0;
}
