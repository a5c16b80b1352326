// SPDX-License-Identifier: Apache-2.0
//
// makecontext and swapcontext switch stacks and signal masks, and signals are delivered on the stack of the
// context that runs. makecontext(3).
#include "testing.h"

#include <ucontext.h>

static ucontext_t main_context, contexts[4];
static char stacks[4][65536];
static volatile int steps, on_its_stack;

static void handler(int) {
    char here;
    for (int i = 0; i < 4; i++) on_its_stack += &here >= stacks[i] && &here < stacks[i] + sizeof stacks[i];
}

static void body(int index) {
    for (int i = 0; i < 100; i++) {
        sigset_t mask;
        EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
        EXPECT_EQ(sigismember(&mask, SIGUSR2), 1);
        EXPECT_OK(raise(SIGUSR1));
        steps++;
        EXPECT_OK(swapcontext(&contexts[index], &contexts[(index + 1) % 4]));
    }
}

int main(void) {
    watchdog(60);
    handle_with(SIGUSR1, handler, 0);
    for (int i = 0; i < 4; i++) {
        EXPECT_OK(getcontext(&contexts[i]));
        contexts[i].uc_stack.ss_sp = stacks[i];
        contexts[i].uc_stack.ss_size = sizeof stacks[i];
        contexts[i].uc_link = &main_context;
        sigaddset(&contexts[i].uc_sigmask, SIGUSR2);
        makecontext(&contexts[i], (void (*)(void))body, 1, i);
    }
    EXPECT_OK(swapcontext(&main_context, &contexts[0]));
    EXPECT_EQ(steps, 400);
    EXPECT_EQ(on_its_stack, 400);
    sigset_t mask;
    EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
    EXPECT_EQ(sigismember(&mask, SIGUSR2), 0);
    return 0;
}
