// SPDX-License-Identifier: Apache-2.0
//
// A system call changes rax, rcx and r11 only: all other general registers, the flags that user code owns
// (direction, carry ...), and all vector registers are as before; for a cheap call, a failing one and a
// blocking one. syscall(2), ABI.
#include "testing.h"

#include "vector_state.h"

// rax rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15 rflags
unsigned long registers_in[16], registers_out[16];

void call_with_registers(void);
__asm__(
    ".text\ncall_with_registers:\n\t"
    "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n\t"
    "push registers_in+120(%rip); popfq\n\t"
    "mov registers_in+0(%rip), %rax; mov registers_in+8(%rip), %rbx; mov registers_in+16(%rip), %rcx\n\t"
    "mov registers_in+24(%rip), %rdx; mov registers_in+32(%rip), %rsi; mov registers_in+40(%rip), %rdi\n\t"
    "mov registers_in+48(%rip), %rbp; mov registers_in+56(%rip), %r8; mov registers_in+64(%rip), %r9\n\t"
    "mov registers_in+72(%rip), %r10; mov registers_in+80(%rip), %r11; mov registers_in+88(%rip), %r12\n\t"
    "mov registers_in+96(%rip), %r13; mov registers_in+104(%rip), %r14; mov registers_in+112(%rip), %r15\n\t"
    "syscall\n\t"
    "mov %rax, registers_out+0(%rip); mov %rbx, registers_out+8(%rip); mov %rcx, registers_out+16(%rip)\n\t"
    "mov %rdx, registers_out+24(%rip); mov %rsi, registers_out+32(%rip); mov %rdi, registers_out+40(%rip)\n\t"
    "mov %rbp, registers_out+48(%rip); mov %r8, registers_out+56(%rip); mov %r9, registers_out+64(%rip)\n\t"
    "mov %r10, registers_out+72(%rip); mov %r11, registers_out+80(%rip); mov %r12, registers_out+88(%rip)\n\t"
    "mov %r13, registers_out+96(%rip); mov %r14, registers_out+104(%rip); mov %r15, "
    "registers_out+112(%rip)\n\t"
    "pushfq; pop registers_out+120(%rip); cld\n\t"
    "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret");

static void check(long number, long first, long second, long third, long fourth, long expected) {
    for (int i = 0; i < 15; i++) registers_in[i] = 0xfedc000000000000 + 0x1111111111 * (unsigned long)i;
    registers_in[0] = (unsigned long)number;
    registers_in[5] = (unsigned long)first;
    registers_in[4] = (unsigned long)second;
    registers_in[3] = (unsigned long)third;
    registers_in[9] = (unsigned long)fourth;
    registers_in[15] = 0xcd5 | 0x202;  // CF PF AF ZF SF DF OF, and IF
    call_with_registers();
    EXPECT_EQ(registers_out[0], expected);
    for (int i = 1; i < 15; i++)
        if (i != 2 && i != 10) EXPECT_EQ(registers_out[i], registers_in[i]);
    EXPECT_EQ(registers_out[15] & 0xcd5, 0xcd5);
}

int main(void) {
    watchdog(60);
    int fds[2];
    char byte = 0;
    EXPECT_OK(pipe(fds));
    for (int i = 0; i < 3; i++) {  // the first call from a place may be treated differently from the next
        check(SYS_getppid, 11, 22, 33, 44, getppid());
        check(SYS_close, -1, 22, 33, 44, -EBADF);
        check(SYS_write, fds[1], (long)"x", 1, 44, 1);
        check(SYS_read, fds[0], (long)&byte, 1, 44, 1);
        check(SYS_sched_yield, 11, 22, 33, 44, 0);
        check(SYS_mmap, 0, 0, PROT_NONE, MAP_PRIVATE, -EINVAL);
        check(SYS_nanosleep, (long)&(struct timespec){0, 1000}, 0, 33, 44, 0);
        check(999, 11, 22, 33, 44, -ENOSYS);
    }
    static struct VectorState in, out;
    fill_pattern(&in, sizeof in, 5);
    for (int i = 0; i < 3; i++) {
        WITH_XMM(&in, &out, MIDDLE_GETPPID, 0);
        for (int r = 0; r < 16; r++) EXPECT(memcmp(in.zmm[r], out.zmm[r], 16) == 0);
        if (__builtin_cpu_supports("avx2")) {
            WITH_YMM(&in, &out, MIDDLE_GETPPID, 0);
            for (int r = 0; r < 16; r++) EXPECT(memcmp(in.zmm[r], out.zmm[r], 32) == 0);
        }
        if (__builtin_cpu_supports("avx512bw")) {
            WITH_ZMM(&in, &out, MIDDLE_GETPPID, 0);
            for (int r = 0; r < 32; r++) EXPECT(memcmp(in.zmm[r], out.zmm[r], 64) == 0);
            EXPECT(memcmp(in.mask + 1, out.mask + 1, sizeof in.mask - 8) == 0);
        }
    }
    return 0;
}
