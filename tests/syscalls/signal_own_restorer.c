// SPDX-License-Identifier: Apache-2.0
//
// rt_sigaction with a restorer of the program's own (as Go and musl have): the handler returns through it,
// and its address is what lies below the ucontext; sigaction returns all four fields. sigreturn(2).
#include "testing.h"

#include <ucontext.h>

struct KernelAction {
    void (*handler)(int, siginfo_t*, void*);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
};

void own_restorer(void);
__asm__(".text\nown_restorer: lock incl restorer_runs(%rip); mov $15, %eax; syscall; ud2");
volatile int restorer_runs;

static volatile int handler_runs;

static void handler(int number, siginfo_t* info, void* context) {
    EXPECT(number == SIGUSR1 && info->si_signo == SIGUSR1);
    EXPECT(*((void (**)(void))context - 1) == own_restorer);  // the return address lies below the ucontext
    handler_runs++;
}

int main(void) {
    watchdog(60);
    struct KernelAction action = {handler, SA_SIGINFO | 0x04000000, own_restorer, 0}, old;
    EXPECT_OK(syscall(SYS_rt_sigaction, SIGUSR1, &action, NULL, 8));
    for (int i = 1; i <= 100; i++) {
        EXPECT_OK(kill(getpid(), SIGUSR1));
        EXPECT(handler_runs == i && restorer_runs == i);
    }
    EXPECT_OK(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, 8));
    EXPECT(old.handler == handler && old.restorer == own_restorer && old.flags == action.flags && old.mask == 0);
    return 0;
}
