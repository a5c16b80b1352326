// SPDX-License-Identifier: Apache-2.0
//
// The trap flag set by popf raises SIGTRAP with TRAP_TRACE after every instruction until the handler clears
// it in the ucontext's flags; a handler itself runs without the flag. sigaction(2), Intel SDM "Single
// stepping".
#include "testing.h"

#include <ucontext.h>

static volatile int steps;

static void handler(int, siginfo_t* info, void* context) {
    EXPECT_EQ(info->si_code, TRAP_TRACE);
    greg_t* registers = ((ucontext_t*)context)->uc_mcontext.gregs;
    EXPECT(registers[REG_EFL] & 0x100);
    if (++steps == 5) registers[REG_EFL] &= ~0x100L;
}

int main(void) {
    watchdog(60);
    handle_with_info(SIGTRAP, handler, 0);
    long value;
    __asm__ volatile(
        "sub $128, %%rsp\n\t"
        "pushfq; orl $0x100, (%%rsp); popfq\n\t"
        "xor %%eax, %%eax; inc %%eax; inc %%eax; inc %%eax; inc %%eax; inc %%eax; inc %%eax; inc %%eax\n\t"
        "add $128, %%rsp"
        : "=a"(value)
        :
        : "cc", "memory");
    EXPECT_EQ(value, 7);
    EXPECT_EQ(steps, 5);
    return 0;
}
