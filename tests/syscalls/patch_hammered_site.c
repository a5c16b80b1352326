// SPDX-License-Identifier: Apache-2.0
//
// Sixteen threads run over one call site from its first execution on, and over 64 such sites one after another, all
// starting together: no call gets another's number, result or return address, whatever rewrites the site meanwhile.
// Half of the threads block every signal. syscall(2).
#include "testing.h"

// Each returns getpid() * 2 + 1: what follows the `syscall` runs exactly once.
#define SITE(n)                                                                                                \
    "site_" #n                                                                                                 \
    ": .cfi_startproc\n mov $39, %eax\n syscall\n lea 1(%rax,%rax), %rax\n ret\n .cfi_endproc\n .p2align 3\n " \
    ".skip " #n " & 7, 0x90\n"
#define EIGHT(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7)
#define ALL(X)      EIGHT(X, 1) EIGHT(X, 2) EIGHT(X, 3) EIGHT(X, 4) EIGHT(X, 5) EIGHT(X, 6) EIGHT(X, 7) EIGHT(X, 8)
__asm__(".text\n" ALL(SITE));
#define DECLARE(n) extern long site_##n(void);
ALL(DECLARE)
#define ADDRESS(n) site_##n,
static long (*const sites[])(void) = {ALL(ADDRESS)};

enum { kThreads = 16, kSites = sizeof sites / sizeof sites[0], kCalls = 300 };
static pthread_barrier_t barrier;

static void* hammer(void* argument) {
    sigset_t all = all_but_watchdog();
    if ((long)argument % 2 == 0) EXPECT_EQ(pthread_sigmask(SIG_BLOCK, &all, NULL), 0);
    const long expected = 2L * getpid() + 1;
    for (int i = 0; i < kSites; i++) {
        pthread_barrier_wait(&barrier);
        for (int j = 0; j < kCalls; j++) EXPECT_EQ(sites[i](), expected);
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
