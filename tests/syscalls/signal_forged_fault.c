// SPDX-License-Identifier: Apache-2.0
//
// A process that sends itself a signal with the code of a fault or a trap (rt_sigqueueinfo(2), pidfd_send_signal(2)) gets exactly
// that, wherever it arrives: its handler runs once, with what was sent, and whatever the thread was doing goes on. Blocked, it waits.
#include "testing.h"

#include <ucontext.h>

enum { kSends = 1500 };

static const struct {
    int signal, code;
} forged[] = {{SIGSEGV, SEGV_MAPERR},
              {SIGBUS, BUS_ADRALN},
              {SIGTRAP, TRAP_TRACE},
              {SIGTRAP, 0x80 /* SI_KERNEL */},
              {SIGSYS, 2 /* SYS_USER_DISPATCH */},
              {SIGILL, ILL_ILLOPN},
              {SIGFPE, FPE_INTDIV}};
enum { kKinds = sizeof forged / sizeof forged[0] };
static void* const kPlace = (void*)0x12345678;
static volatile int handled, finish;

static void handler(int signal, siginfo_t* info, void*) {
    for (int i = 0; i < kKinds; i++) {
        if (forged[i].signal != signal || forged[i].code != info->si_code) continue;
        EXPECT_EQ((uintptr_t)info->si_addr, (uintptr_t)kPlace);
        add(&handled, 1);
        return;
    }
    EXPECT(!"a signal that nobody sent");
}

static siginfo_t info_of(int kind) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = forged[kind].signal;
    info.si_code = forged[kind].code;
    info.si_addr = kPlace;
    return info;
}

// To the process: its first thread takes it, which is in the midst of calls.
static void* send_all(void*) {
    for (int i = 0; i < kSends; i++) {
        siginfo_t info = info_of(i % kKinds);
        const int before = load(&handled);
        // A thread is a sender of such codes to nobody but itself: by its own number, which stands for the process.
        EXPECT_EQ(syscall(SYS_rt_sigqueueinfo, own_tid(), info.si_signo, &info), 0);
        wait_until_at_least(&handled, before + 1);
    }
    store(&finish, 1);
    return NULL;
}

static long ask(int number, long a, const void* b, void* c, long d) {
    long result;
    register long r10 __asm__("r10") = d;
    if (number == SYS_newfstatat) {
        __asm__ volatile("mov $262, %%eax\n\tsyscall"
                         : "=a"(result)
                         : "D"(a), "S"(b), "d"(c), "r"(r10)
                         : "rcx", "r11", "memory");
    } else {
        __asm__ volatile("mov $110, %%eax\n\tsyscall" : "=a"(result) : : "rcx", "r11", "memory");
    }
    return result;
}

int main(void) {
    watchdog(120);
    for (int i = 0; i < kKinds; i++) handle_with_info(forged[i].signal, handler, SA_RESTART);
    const pid_t parent = getppid();
    pthread_t sender = start_thread(send_all, NULL);
    while (!load(&finish)) {
        struct stat status;
        sigset_t set;
        EXPECT_EQ(ask(SYS_newfstatat, 0, "", &status, AT_EMPTY_PATH), 0);
        EXPECT_EQ(ask(SYS_getppid, 0, NULL, NULL, 0), parent);
        EXPECT_EQ(sigprocmask(SIG_BLOCK, NULL, &set), 0);
        EXPECT_ERRNO(stat("/nowhere/at/all", &status), ENOENT);
    }
    join_thread(sender);
    EXPECT_EQ(load(&handled), kSends);

    // To this thread, while it is blocked.
    const int self = (int)EXPECT_OK(syscall(SYS_pidfd_open, getpid(), 0));
    for (int i = 0; i < kKinds; i++) {
        siginfo_t info = info_of(i);
        const sigset_t set = set_of(info.si_signo);
        EXPECT_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
        const int before = load(&handled);
        if (i % 2 == 0) {
            EXPECT_EQ(syscall(SYS_rt_tgsigqueueinfo, getpid(), own_tid(), info.si_signo, &info), 0);
        } else {
            EXPECT_EQ(syscall(SYS_pidfd_send_signal, self, info.si_signo, &info, 0), 0);
        }
        EXPECT_EQ(getppid(), parent);
        EXPECT_EQ(load(&handled), before);
        sigset_t pending;
        EXPECT_EQ(sigpending(&pending), 0);
        EXPECT_EQ(sigismember(&pending, info.si_signo), 1);
        EXPECT_EQ(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
        EXPECT_EQ(load(&handled), before + 1);
    }
    // Taken without a handler: nothing is in it but what was sent.
    for (int i = 0; i < kKinds; i++) {
        const siginfo_t sent = info_of(i);
        const sigset_t set = set_of(sent.si_signo);
        EXPECT_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
        EXPECT_EQ(syscall(SYS_rt_tgsigqueueinfo, getpid(), own_tid(), sent.si_signo, &sent), 0);
        siginfo_t taken;
        memset(&taken, 0xff, sizeof taken);
        EXPECT_EQ(sigwaitinfo(&set, &taken), sent.si_signo);
        EXPECT(memcmp(&taken, &sent, sizeof sent) == 0);
        EXPECT_EQ(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
    }
    EXPECT_ERRNO(syscall(SYS_rt_sigqueueinfo, getpid(), SIGSEGV, NULL), EFAULT);
    EXPECT_ERRNO(syscall(SYS_rt_sigqueueinfo, getpid(), SIGSEGV, (void*)1), EFAULT);
    EXPECT_EQ(syscall(SYS_pidfd_send_signal, self, 0, NULL, 0), 0);
    return 0;
}
