// SPDX-License-Identifier: Apache-2.0
//
// Calls from a usual site (mov $number,%eax; syscall) keep all vector registers, the control words of x87 and SSE, the x87
// stack and the flags, however often the site is used, and whether the call fails, succeeds or changes the signal mask.
#include "testing.h"

#include "vector_state.h"

static struct VectorState in, out;

#define MIDDLE_CLOSE_NOTHING "mov %%rdi, %%r8; mov $-1, %%edi; mov $3, %%eax; syscall; mov %%r8, %%rdi\n\t"
#define MIDDLE_ASK_MASK                                                                                          \
    "mov %%rdi, %%r8; mov %%rsi, %%r9; xor %%edi, %%edi; xor %%esi, %%esi; xor %%edx, %%edx; mov $8, %%r10d\n\t" \
    "mov $14, %%eax; syscall; mov %%r8, %%rdi; mov %%r9, %%rsi\n\t"

#define CHECK_WIDTH(WITH, width, registers, middle)                                            \
    for (int round = 0; round < 40; round++) {                                                 \
        fill_pattern(&in, sizeof in, (uint32_t)round);                                         \
        memset(&out, 0, sizeof out);                                                           \
        WITH(&in, &out, middle, 0);                                                            \
        for (int i = 0; i < registers; i++) EXPECT(memcmp(in.zmm[i], out.zmm[i], width) == 0); \
        if (width == 64) EXPECT(memcmp(in.mask + 1, out.mask + 1, sizeof in.mask - 8) == 0);   \
    }
#define CHECK_ALL(middle)                                                      \
    CHECK_WIDTH(WITH_XMM, 16, 16, middle);                                     \
    if (__builtin_cpu_supports("avx2")) CHECK_WIDTH(WITH_YMM, 32, 16, middle); \
    if (__builtin_cpu_supports("avx512bw")) CHECK_WIDTH(WITH_ZMM, 64, 32, middle);

static void check_control_words(void) {
    for (int i = 0; i < 40; i++) {
        static unsigned int mxcsr = 0x7f80, mxcsr_after;  // rounds towards zero
        static unsigned short fcw = 0xf7f, fcw_after;     // likewise
        static double top, next;
        unsigned long flags;
        __asm__ volatile(
            "sub $128, %%rsp\n\t"
            "ldmxcsr %[mxcsr]; fldcw %[fcw]; fldpi; fld1\n\t"
            "pushq $0xcd7; popfq\n\t"  // CF PF AF ZF SF DF OF
            "mov $-1, %%edi; mov $3, %%eax; syscall\n\t"
            "pushfq; popq %[flags]; cld\n\t"
            "stmxcsr %[mxcsr_after]; fnstcw %[fcw_after]; fstpl %[top]; fstpl %[next]; fninit\n\t"
            "add $128, %%rsp"
            : [mxcsr_after] "=m"(mxcsr_after), [fcw_after] "=m"(fcw_after), [flags] "=&r"(flags), [top] "=m"(top),
              [next] "=m"(next)
            : [mxcsr] "m"(mxcsr), [fcw] "m"(fcw)
            : "rax", "rcx", "r11", "rdi", "memory", "cc");
        unsigned int usual = 0x1f80;
        __asm__ volatile("ldmxcsr %0" : : "m"(usual));
        EXPECT_EQ(mxcsr_after, mxcsr);
        EXPECT_EQ(fcw_after, fcw);
        EXPECT_EQ(flags & 0xcd5, 0xcd5);
        EXPECT(top == 1.0 && next > 3.14 && next < 3.15);
    }
}

// The same inside a fork's child and a new thread, whose first calls come from sites that were in use before.
static void* everything(void*) {
    CHECK_ALL(MIDDLE_GETPPID)
    CHECK_ALL(MIDDLE_CLOSE_NOTHING)
    CHECK_ALL(MIDDLE_ASK_MASK)
    check_control_words();
    return NULL;
}

int main(void) {
    watchdog(60);
    everything(NULL);
    join_thread(start_thread(everything, NULL));
    pid_t child = fork_child();
    if (child == 0) {
        everything(NULL);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    return 0;
}
