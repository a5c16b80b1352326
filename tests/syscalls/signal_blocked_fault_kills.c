// SPDX-License-Identifier: Apache-2.0
//
// A fault whose signal is blocked or ignored kills the process with that signal even where a handler is set;
// an ignored one too. signal(7), sigprocmask(2): "If SIGBUS, SIGFPE, SIGILL, or SIGSEGV are generated while
// they are blocked ...".
#include "testing.h"

#include <sys/resource.h>

static void handler(int) { _exit(9); }

static void fault(int number) {
    if (number == SIGSEGV) *(volatile int*)8 = 1;
    if (number == SIGILL) __asm__ volatile("ud2");
    if (number == SIGTRAP) __asm__ volatile("int3");
    if (number == SIGFPE) __asm__ volatile("xor %%ecx,%%ecx; div %%ecx" : : : "rax", "rcx", "rdx", "cc");
}

int main(void) {
    watchdog(60);
    EXPECT_OK(setrlimit(RLIMIT_CORE, &(struct rlimit){1, 1}));
    static const int numbers[] = {SIGSEGV, SIGILL, SIGTRAP, SIGFPE};
    for (int i = 0; i < 4; i++) {
        for (int way = 0; way < 3; way++) {
            pid_t child = fork_child();
            if (child == 0) {
                sigset_t set = set_of(numbers[i]);
                if (way == 0) EXPECT(signal(numbers[i], SIG_IGN) != SIG_ERR);
                if (way == 1) handle_with(numbers[i], handler, 0);
                if (way <= 1) EXPECT_OK(sigprocmask(way == 1 ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL));
                fault(numbers[i]);
                _exit(8);
            }
            EXPECT_KILLED(child, numbers[i]);
        }
    }
    return 0;
}
