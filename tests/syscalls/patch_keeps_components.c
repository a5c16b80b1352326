// SPDX-License-Identifier: Apache-2.0
//
// Calls keep every component of the vector state, whichever of them are in use: none, SSE, the upper halves of AVX, the high
// registers and opmasks of AVX-512, x87. What was not in use reads as it did.
#include "testing.h"

#include <cpuid.h>

enum { kSize = 16384, kHeader = 512 };
static unsigned char nothing[kSize] __attribute__((aligned(64)));
static unsigned char before[kSize] __attribute__((aligned(64)));
static unsigned char after[kSize] __attribute__((aligned(64)));
static const unsigned mxcsr = 0x7f80;
static unsigned char pattern[64] __attribute__((aligned(64)));

// Nothing in use, then `prepare`, the image of all that, two calls (one that does nothing with strings, one that does), and
// the image once more.
#define CHECK(prepare)                                                                                          \
    for (int round = 0; round < 40; round++) {                                                                  \
        memset(before, 0, sizeof before);                                                                       \
        memset(after, 0, sizeof after);                                                                         \
        memset(pattern, 0x11 + round, sizeof pattern);                                                          \
        __asm__ volatile(                                                                                       \
            "sub $128, %%rsp\n\t"                                                                               \
            "mov $-1, %%eax; mov $-1, %%edx; xrstor64 (%[nothing])\n\t" prepare                                 \
            "\n\tmov $-1, %%eax; mov $-1, %%edx; xsave64 (%[before])\n\t"                                       \
            "mov $-1, %%edi; mov $1, %%esi; xor %%edx, %%edx; mov $72, %%eax; syscall\n\t"                      \
            "mov %[path], %%rdi; xor %%esi, %%esi; mov $21, %%eax; syscall\n\t"                                 \
            "mov $-1, %%eax; mov $-1, %%edx; xsave64 (%[after])\n\t"                                            \
            "mov $-1, %%eax; mov $-1, %%edx; xrstor64 (%[nothing])\n\t"                                         \
            "add $128, %%rsp"                                                                                   \
            :                                                                                                   \
            : [nothing] "r"(nothing), [before] "r"(before), [after] "r"(after), [path] "r"(path),               \
              [pattern] "b"(pattern), [mxcsr] "m"(mxcsr)                                                        \
            : "rax", "rcx", "rdx", "rsi", "rdi", "r11", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", \
              "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");    \
        EXPECT(memcmp(before, after, kHeader) == 0);                                                            \
        EXPECT(memcmp(before + kHeader + 64, after + kHeader + 64, sizeof before - kHeader - 64) == 0);         \
    }

#define XMM(i)    "movaps (%[pattern]), %%xmm" #i "\n\t"
#define YMM(i)    "vmovaps (%[pattern]), %%ymm" #i "\n\t"
#define ZMM(i)    "vmovaps (%[pattern]), %%zmm" #i "\n\t"
#define MASK(i)   "kmovq (%[pattern]), %%k" #i "\n\t"
#define ALL_MASKS MASK(0) MASK(1) MASK(2) MASK(3) MASK(4) MASK(5) MASK(6) MASK(7)
#define ROUNDING  "ldmxcsr %[mxcsr]\n\t"  // towards zero
#define X87       "fld1; fldpi; fdivp\n\t"

static void check_all(void) {
    const char* path = "/a/rather/long/name/of/a/file/that/does/not/exist/so/that/functions/for/strings/are/used/on/it";
    CHECK("")
    CHECK(XMM(0) XMM(7) XMM(8) XMM(15))
    CHECK(XMM(1) ROUNDING)
    CHECK(X87)
    CHECK(X87 XMM(3))
    if (__builtin_cpu_supports("avx")) {
        CHECK(YMM(0) YMM(15))
        CHECK(YMM(1) "vzeroupper\n\t")
        CHECK(YMM(2) X87)
    }
    if (__builtin_cpu_supports("avx512bw")) {
        CHECK(ZMM(16) ZMM(23) ZMM(31) XMM(1))
        CHECK(ZMM(17))
        CHECK(ALL_MASKS)
        CHECK(ALL_MASKS ZMM(16))
        CHECK(MASK(2) ZMM(18) XMM(2))
        CHECK(ZMM(3) ZMM(30))
        CHECK(ZMM(4) YMM(5) XMM(6) MASK(3) ZMM(19) X87)
    }
}

static void* in_thread(void*) {
    check_all();
    return NULL;
}

int main(void) {
    watchdog(60);
    unsigned eax, ebx, ecx, edx;
    if (__get_cpuid_count(0xd, 0, &eax, &ebx, &ecx, &edx) == 0 || ebx > kSize)
        SKIP("no XSAVE, or a state larger than %d", kSize);
    *(unsigned*)(nothing + 24) = 0x1f80;  // MXCSR
    check_all();
    join_thread(start_thread(in_thread, NULL));
    return 0;
}
