// SPDX-License-Identifier: Apache-2.0
//
// Call sites that make any call, syscall(3) among them: sixteen threads, a storm of signals, and calls of all kinds in turn,
// from the site's first execution on. Each call is the one that was asked for, numbers that are none are ENOSYS, handlers see
// the program's own instructions, and flags stay as they were. syscall(2), sigaction(2).
#include "testing.h"

#include "any_call_sites.h"

#include <ucontext.h>

enum { kThreads = 16, kRounds = 400 };
static volatile int finish, done, handled, at_sites;
static pthread_t threads[kThreads];

static void handler(int, siginfo_t*, void* context) {
    const greg_t* r = ((ucontext_t*)context)->uc_mcontext.gregs;
    const char* rip = (const char*)r[REG_RIP];
    for (int i = 0; i < kAnySites; i++) {
        const struct AnySite* site = &any_sites[i];
        if (rip < (const char*)site->call || rip >= site->end) continue;
        add(&at_sites, 1);
        EXPECT(rip <= site->before || rip == site->syscall_at || rip == site->return_at);
        if (rip == site->return_at) EXPECT_EQ(r[REG_RCX], (long)rip);
        // What the instruction before the `syscall` does has happened there, and not before.
        if (site->call == any_near && rip == site->before) EXPECT_EQ(r[REG_R9], 5);
        if (site->call == any_near && rip >= site->syscall_at) EXPECT_EQ(r[REG_R9], 6);
        if (site->call != any_near && rip >= site->syscall_at) EXPECT_EQ(r[REG_R8], 5);
    }
    EXPECT_EQ(r[REG_CSGSFS] & 0xffff, 0x33);
    // A call of the handler's own, from the same sites.
    EXPECT_EQ(any_sites[add(&handled, 1) % kAnySites].call(SYS_getppid, 1, 2, 3, 4, 5, 6), getppid());
}

static void* hammer(void* argument) {
    const pid_t pid = getpid(), parent = getppid(), tid = gettid();
    (void)argument;
    for (int i = 0; i < kRounds || load(&handled) < kThreads || load(&at_sites) < 10; i++) {
        for (int j = 0; j < kAnySites; j++) {
            AnyCall* call = any_sites[j].call;
            EXPECT_EQ(call(SYS_getppid, 1, 2, 3, 4, 5, 6), parent);
            EXPECT_EQ(call(SYS_getpid, 1, 2, 3, 4, 5, 6), pid);
            EXPECT_EQ(call(SYS_gettid, 1, 2, 3, 4, 5, 6), tid);
            EXPECT_EQ(call(SYS_fcntl, -1, F_GETFD, 3, 4, 5, 6), -EBADF);
            EXPECT_EQ(call(SYS_fcntl, 100000, F_GETFD, 3, 4, 5, 6), -EBADF);
            EXPECT(call(SYS_fcntl, 0, F_GETFD, 3, 4, 5, 6) >= 0);
            sigset_t mask;
            EXPECT_EQ(call(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&mask, 8, 5, 6), 0);
            EXPECT_EQ(sigismember(&mask, SIGUSR1), 0);
            for (int k = 0; k < 6; k++) {
                static const long kNone[] = {-1, 500, 511, 512, 1000000, 0x7fffffff};
                EXPECT_EQ(call(kNone[k], 1, 2, 3, 4, 5, 6), -ENOSYS);
            }
        }
        EXPECT_EQ(syscall(SYS_getppid), parent);
        EXPECT_EQ(syscall(SYS_gettid), tid);
        EXPECT_ERRNO(syscall(-1), ENOSYS);
        EXPECT_ERRNO(syscall(SYS_close, -1), EBADF);
    }
    add(&done, 1);
    while (!load(&finish)) sched_yield();  // who sends signals needs all threads
    return NULL;
}

static void* storm(void*) {
    while (!load(&finish)) {
        const int before = load(&handled);
        for (int i = 0; i < kThreads; i++) pthread_kill(threads[i], SIGUSR1);
        while (load(&handled) < before + kThreads && !load(&finish)) sched_yield();
    }
    return NULL;
}

// Flags before and behind a call; all six of arithmetic, and the direction flag.
static void expect_flags_kept(AnyCall* call, long number) {
    for (unsigned long pattern = 0; pattern < 2; pattern++) {
        const unsigned long all = 0x8d5 | 0x400, set = (pattern ? all : 0) | 0x202;
        unsigned long seen;
        __asm__ volatile(
            "sub $136, %%rsp\n\tpush %[set]\n\tpopfq\n\tcall *%[call]\n\tpushfq\n\tpop %[seen]\n\tcld\n\tadd $136, "
            "%%rsp"
            : [seen] "=r"(seen), "+D"(number)
            : [set] "r"(set), [call] "r"(call), "S"(-1)
            : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "cc", "memory");
        EXPECT_EQ(seen & all, set & all);
    }
}

int main(void) {
    watchdog(120);
    handle_with_info(SIGUSR1, handler, SA_RESTART);
    for (long i = 0; i < kThreads; i++) threads[i] = start_thread(hammer, NULL);
    pthread_t thread = start_thread(storm, NULL);
    wait_until_at_least(&done, kThreads);
    store(&finish, 1);
    join_thread(thread);
    for (int i = 0; i < kThreads; i++) join_thread(threads[i]);

    static const long kNumbers[] = {SYS_getpid, SYS_gettid, SYS_getppid, SYS_fcntl, SYS_rt_sigprocmask, 511, 512, -1};
    for (int i = 0; i < kAnySites; i++)
        for (int j = 0; j < 8; j++) expect_flags_kept(any_sites[i].call, kNumbers[j]);
    return 0;
}
