// SPDX-License-Identifier: Apache-2.0
//
// Stepping through a call site that has been used often shows each of its instructions once, with the registers that they
// leave, and nothing in between. sigaction(2), Intel SDM "Single stepping".
#include "testing.h"

#include <ucontext.h>

__asm__(
    ".text\n.globl stepped, stepped_syscall, stepped_return\n"
    "stepped: .cfi_startproc\n mov $110, %eax\n"
    "stepped_syscall: syscall\n"
    "stepped_return: ret\n .cfi_endproc\n");
long stepped(void);
extern const char stepped_syscall[], stepped_return[];

enum { kMost = 64 };
static unsigned long inside[kMost], numbers[kMost];
static volatile int count;

// Ends the stepping with the first instruction behind the function.
static void handler(int, siginfo_t* info, void* context) {
    greg_t* r = ((ucontext_t*)context)->uc_mcontext.gregs;
    EXPECT_EQ(info->si_code, TRAP_TRACE);
    const greg_t rip = r[REG_RIP];
    if (rip >= (greg_t)stepped && rip <= (greg_t)stepped_return) {
        EXPECT(count < kMost);
        inside[count] = (unsigned long)rip;
        numbers[count++] = (unsigned long)r[REG_RAX];
    } else if (count > 0) {
        r[REG_EFL] &= ~0x100L;
    }
}

int main(void) {
    watchdog(60);
    handle_with_info(SIGTRAP, handler, 0);
    const long parent = getppid();
    for (int i = 0; i < 300; i++) EXPECT_EQ(stepped(), parent);
    for (int round = 0; round < 3; round++) {
        count = 0;
        long value;
        __asm__ volatile(
            "sub $128, %%rsp\n\tpushfq; orl $0x100, (%%rsp); popfq\n\tcall stepped\n\tnop\n\tnop\n\tadd $128, %%rsp"
            : "=a"(value)
            :
            : "rcx", "r11", "cc", "memory");
        EXPECT_EQ(value, parent);
        // Before the mov and before the syscall. Whether there is a step between the syscall and the return is the kernel's.
        EXPECT(count == 2 || count == 3);
        EXPECT_EQ(inside[0], (unsigned long)stepped);
        EXPECT_EQ(inside[1], (unsigned long)stepped_syscall);
        EXPECT_EQ(numbers[1], 110);
        if (count == 3) {
            EXPECT_EQ(inside[2], (unsigned long)stepped_return);
            EXPECT_EQ(numbers[2], parent);
        }
    }
    return 0;
}
