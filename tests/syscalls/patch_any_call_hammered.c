// SPDX-License-Identifier: Apache-2.0
//
// Sixteen threads run over one site that makes any call from its first execution on, and over 64 such sites one after another, all
// starting together: the instruction before the `syscall`, which makes the number here, is executed once in each call, whatever
// rewrites it meanwhile. Half of the sites need a hole (src/shim/patch). Half of the threads block every signal. syscall(2).
#include "testing.h"

// call(number / 2): returns the answer * 2 + 1. What stands in the middle has five bytes in half of the sites, three in the others.
#define SITE(n)                                                                                                       \
    ".p2align 3\nsite_" #n ": .cfi_startproc\n mov %rdi, %rax\n .if (" #n                                             \
    ") & 1\n .byte 0x48, 0x8d, 0x44, 0x07, 0\n .else\n add %rdi, %rax\n .endif\n syscall\n lea 1(%rax,%rax), %rax\n " \
    "ret\n .skip 5 + (" #n " & 7), 0xcc\n .cfi_endproc\n"
#define EIGHT(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7)
#define ALL(X)      EIGHT(X, 1) EIGHT(X, 2) EIGHT(X, 3) EIGHT(X, 4) EIGHT(X, 5) EIGHT(X, 6) EIGHT(X, 7) EIGHT(X, 8)
__asm__(".text\n" ALL(SITE));
#define DECLARE(n) extern long site_##n(long half);
ALL(DECLARE)
#define ADDRESS(n) site_##n,
static long (*const sites[])(long) = {ALL(ADDRESS)};

enum { kThreads = 16, kSites = sizeof sites / sizeof sites[0], kCalls = 300 };
static pthread_barrier_t barrier;

static void* hammer(void* argument) {
    sigset_t all = all_but_watchdog();
    if ((long)argument % 2 == 0) EXPECT_EQ(pthread_sigmask(SIG_BLOCK, &all, NULL), 0);
    const long parent = 2L * getppid() + 1, tid = 2L * gettid() + 1;
    EXPECT(SYS_getppid % 2 == 0 && SYS_gettid % 2 == 0);
    for (int i = 0; i < kSites; i++) {
        pthread_barrier_wait(&barrier);
        for (int j = 0; j < kCalls; j++) {
            EXPECT_EQ(sites[i](SYS_getppid / 2), parent);
            EXPECT_EQ(sites[i](SYS_gettid / 2), tid);
        }
    }
    return NULL;
}

int main(void) {
    watchdog(120);
    pthread_t threads[kThreads];
    EXPECT_EQ(pthread_barrier_init(&barrier, NULL, kThreads), 0);
    for (long i = 0; i < kThreads; i++) threads[i] = start_thread(hammer, (void*)i);
    for (int i = 0; i < kThreads; i++) join_thread(threads[i]);
    return 0;
}
