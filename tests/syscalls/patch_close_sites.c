// SPDX-License-Identifier: Apache-2.0
//
// Two call sites with one instruction between them. What the first leaves of its instruction when it is rewritten (0xc8, a two-byte
// displacement) must not make the proof of the second see instructions where there are none: the one between keeps its meaning.
#include "testing.h"

// umask returns what it was told before, 39, which is then the number of getpid; between them the whole of %rdi counts.
__asm__(
    ".text\n.globl close_short, close_long, close_end\n"
    "close_short: .cfi_startproc\n mov $95, %eax\n movabs $0x10000000027, %rdi\n mov %r9, %r8\n syscall\n"
    " addq $1, %rdi\n syscall\n mov %rdi, %rdx\n ret\n .nops 8\n ret\n .nops 8\n .cfi_endproc\n"
    "close_long: .cfi_startproc\n mov $95, %eax\n movabs $0x10000000027, %rdi\n .byte 0x4c, 0x8d, 0x84, 0x24, 0xa0, 1, "
    "0, 0 # lea 0x1a0(%rsp), %r8\n"
    " syscall\n addq $0x01010101, %rdi\n addq $0x01010101, %rdi\n syscall\n mov %rdi, %rdx\n ret\n .cfi_endproc\n"
    "close_end: nop\n");
struct Pair {
    long pid, rdi;
};
static struct Pair call(const char* function) {
    struct Pair pair;
    long rdx;
    __asm__ volatile("sub $128, %%rsp\n\tcall *%[function]\n\tadd $128, %%rsp"
                     : "=a"(pair.pid), "=D"(pair.rdi), "=d"(rdx)
                     : [function] "b"(function)
                     : "rcx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
    return pair;
}
extern const char close_short[], close_long[], close_end[];

int main(void) {
    watchdog(60);
    const pid_t pid = getpid();
    umask(39);
    for (int i = 0; i < 60; i++) {
        struct Pair pair = call(close_short);
        EXPECT_EQ(pair.pid, pid);
        EXPECT_EQ(pair.rdi, 0x10000000028);
        pair = call(close_long);
        EXPECT_EQ(pair.pid, pid);
        EXPECT_EQ(pair.rdi, 0x10000000027 + 2 * 0x01010101);
    }
    return 0;
}
