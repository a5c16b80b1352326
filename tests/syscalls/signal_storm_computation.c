// SPDX-License-Identifier: Apache-2.0
//
// A computation in registers, flags and the red zone gives the same result while another thread signals it
// without pause: nothing of an interrupted program changes. The handler starts with the direction flag clear.
// System V ABI.
#include "testing.h"

static volatile int handled, finish;

static void handler(int) {
    unsigned long flags;
    __asm__ volatile("pushfq; pop %0" : "=r"(flags));
    EXPECT((flags & 0x400) == 0);
    __asm__ volatile("pxor %%xmm0,%%xmm0; pxor %%xmm1,%%xmm1" : : : "xmm0", "xmm1");
    add(&handled, 1);
}

// Mixes 13 registers, the carry flag, xmm registers, the direction flag (string moves) and the red zone.
unsigned long compute(unsigned long iterations, unsigned long* scratch_end);
__asm__(
    ".text\ncompute:\n\t"
    "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n\t"
    "mov %rdi, %r15; mov %rsi, %r14; mov $0x9e3779b97f4a7c15, %rax\n\t"
    "mov %rax, %rbx; mov %rax, %rcx; mov %rax, %rdx; mov %rax, %rbp; mov %rax, %r8; mov %rax, %r9\n\t"
    "mov %rax, %r10; mov %rax, %r11; mov %rax, %r12; mov %rax, %r13\n\t"
    "movq %rax, %xmm0; movq %rax, %xmm1; std; clc\n"
    "1: adc %rbx, %rax; rol $7, %rax; adc %rcx, %rbx; adc %rdx, %rcx; rol $13, %rcx; adc %rbp, %rdx\n\t"
    "adc %r8, %rbp; rol $17, %rbp; adc %r9, %r8; adc %r10, %r9; rol $19, %r9; adc %r11, %r10; adc %r12, "
    "%r11\n\t"
    "rol $23, %r11; adc %r13, %r12; adc %rax, %r13; mov %r13, -8(%rsp); mov %r12, -128(%rsp)\n\t"
    "movq %rax, %xmm2; paddq %xmm2, %xmm0; pshufd $0x4e, %xmm0, %xmm0; paddq %xmm0, %xmm1\n\t"
    "lea (%r14), %rdi; lea -8(%rsp), %rsi; movsq; movq (%r14), %rsi\n\t"
    "lea (%rbx,%rsi), %rbx; mov -128(%rsp), %rsi; lea (%rcx,%rsi), %rcx; dec %r15; jnz 1b\n\t"
    "cld; movq %xmm1, %rsi; add %rbx, %rax; add %rcx, %rax; add %rdx, %rax; add %rbp, %rax; add %r8, %rax\n\t"
    "add %r9, %rax; add %r10, %rax; add %r11, %rax; add %r12, %rax; add %r13, %rax; add %rsi, %rax\n\t"
    "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret");

static pthread_t main_thread;

static void* storm(void*) {
    while (!load(&finish)) {
        int before = load(&handled);
        EXPECT_EQ(pthread_kill(main_thread, SIGUSR1), 0);
        while (load(&handled) == before && !load(&finish)) {
        }
    }
    return NULL;
}

int main(void) {
    watchdog(60);
    unsigned long scratch[4];
    enum { kIterations = 2000000 };
    unsigned long quiet = compute(kIterations, &scratch[2]);
    EXPECT_EQ(compute(kIterations, &scratch[2]), quiet);
    handle_with(SIGUSR1, handler, SA_RESTART);
    main_thread = pthread_self();
    pthread_t thread = start_thread(storm, NULL);
    int rounds = 0;
    do EXPECT_EQ(compute(kIterations, &scratch[2]), quiet);
    while (++rounds < 10 || load(&handled) < 1000);
    store(&finish, 1);
    join_thread(thread);
    return 0;
}
