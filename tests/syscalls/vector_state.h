// SPDX-License-Identifier: Apache-2.0
//
// Sets of vector registers as plain memory, and code that loads them, does one thing, and stores them again.
#ifndef VECTOR_STATE_H
#define VECTOR_STATE_H

#include <stdint.h>
#include <string.h>

struct VectorState {
    _Alignas(64) uint8_t zmm[32][64];
    uint64_t mask[8];
};

static inline void fill_pattern(void* memory, unsigned long size, uint32_t seed) {
    uint8_t* bytes = (uint8_t*)memory;
    for (unsigned long i = 0; i < size; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
}

#define EACH_16(X)      X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define EACH_HIGH_16(X) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
#define EACH_MASK(X)    X(1) X(2) X(3) X(4) X(5) X(6) X(7)

#define LOAD_XMM(i)   "movdqu " #i "*64(%%rdi), %%xmm" #i "\n\t"
#define STORE_XMM(i)  "movdqu %%xmm" #i ", " #i "*64(%%rsi)\n\t"
#define LOAD_YMM(i)   "vmovdqu " #i "*64(%%rdi), %%ymm" #i "\n\t"
#define STORE_YMM(i)  "vmovdqu %%ymm" #i ", " #i "*64(%%rsi)\n\t"
#define LOAD_ZMM(i)   "vmovdqu64 " #i "*64(%%rdi), %%zmm" #i "\n\t"
#define STORE_ZMM(i)  "vmovdqu64 %%zmm" #i ", " #i "*64(%%rsi)\n\t"
#define LOAD_MASK(i)  "kmovq 2048+" #i "*8(%%rdi), %%k" #i "\n\t"
#define STORE_MASK(i) "kmovq %%k" #i ", 2048+" #i "*8(%%rsi)\n\t"

// `middle` may use r12 (preserved), rax, rcx, rdx, r8-r11; it must leave rdi and rsi alone or restore them.
#define WITH_XMM(in, out, middle, value)                                                                             \
    __asm__ volatile(EACH_16(LOAD_XMM) middle EACH_16(STORE_XMM)                                                     \
                     :                                                                                               \
                     : "D"(in), "S"(out), "b"((unsigned long)(value))                                                \
                     : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "memory", "cc", "xmm0", "xmm1", "xmm2", \
                       "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",   \
                       "xmm14", "xmm15")
#define WITH_YMM(in, out, middle, value)                                                                             \
    __asm__ volatile(EACH_16(LOAD_YMM) middle EACH_16(STORE_YMM) "vzeroupper\n\t"                                    \
                     :                                                                                               \
                     : "D"(in), "S"(out), "b"((unsigned long)(value))                                                \
                     : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "memory", "cc", "xmm0", "xmm1", "xmm2", \
                       "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",   \
                       "xmm14", "xmm15")
#define WITH_ZMM(in, out, middle, value)                                                                             \
    __asm__ volatile(EACH_16(LOAD_ZMM) EACH_HIGH_16(LOAD_ZMM) EACH_MASK(LOAD_MASK) middle EACH_16(STORE_ZMM)         \
                         EACH_HIGH_16(STORE_ZMM) EACH_MASK(STORE_MASK) "vzeroupper\n\t"                              \
                     :                                                                                               \
                     : "D"(in), "S"(out), "b"((unsigned long)(value))                                                \
                     : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "memory", "cc", "xmm0", "xmm1", "xmm2", \
                       "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",   \
                       "xmm14", "xmm15")

// Middles. The value in rbx: nothing, this thread's id, or the address of a word to wait for.
#define MIDDLE_BREAKPOINT "int3\n\t"
#define MIDDLE_GETPPID    "mov $110, %%eax; syscall\n\t"
#define MIDDLE_SIGNAL_SELF                                                                    \
    "push %%rdi; push %%rsi; mov $39, %%eax; syscall; mov %%eax, %%edi; mov %%ebx, %%esi\n\t" \
    "mov $10, %%edx; mov $234, %%eax; syscall; pop %%rsi; pop %%rdi\n\t"
#define MIDDLE_SPIN_UNTIL_NONZERO "1: pause; cmpl $0, (%%rbx); je 1b\n\t"

#endif
