// SPDX-License-Identifier: Apache-2.0
//
// SIGSYS sent by kill, tgkill and sigqueue is a signal like any other: handled with SI_USER and the sender,
// blockable, pending, waited for, ignored, and by default it ends the process. signal(7).
#include "testing.h"

#include <sys/resource.h>

static siginfo_t last;
static volatile int count;

static void handler(int, siginfo_t* info, void*) {
    last = *info;
    count++;
    (void)getppid();  // a system call inside a SIGSYS handler, SIGSYS being blocked
}

int main(void) {
    watchdog(60);
    handle_with_info(SIGSYS, handler, 0);
    EXPECT_OK(kill(getpid(), SIGSYS));
    EXPECT(count == 1 && last.si_code == SI_USER && last.si_pid == getpid());
    EXPECT_OK(syscall(SYS_tgkill, getpid(), own_tid(), SIGSYS));
    EXPECT(count == 2 && last.si_code == SI_TKILL);
    EXPECT_OK(sigqueue(getpid(), SIGSYS, (union sigval){.sival_int = 4}));
    EXPECT(count == 3 && last.si_code == SI_QUEUE && last.si_value.sival_int == 4);

    sigset_t sys = set_of(SIGSYS), pending;
    EXPECT_OK(sigprocmask(SIG_BLOCK, &sys, NULL));
    EXPECT_OK(kill(getpid(), SIGSYS));
    for (int i = 0; i < 100; i++) (void)getppid();  // system calls work while it is blocked and pending
    EXPECT_EQ(count, 3);
    EXPECT_OK(sigpending(&pending));
    EXPECT_EQ(sigismember(&pending, SIGSYS), 1);
    EXPECT_EQ(sigwaitinfo(&sys, &last), SIGSYS);
    EXPECT_EQ(last.si_code, SI_USER);
    EXPECT_OK(sigprocmask(SIG_UNBLOCK, &sys, NULL));
    EXPECT_EQ(count, 3);

    EXPECT(signal(SIGSYS, SIG_IGN) != SIG_ERR);
    EXPECT_OK(kill(getpid(), SIGSYS));
    EXPECT_OK(setrlimit(RLIMIT_CORE, &(struct rlimit){1, 1}));
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT(signal(SIGSYS, SIG_DFL) != SIG_ERR);
        EXPECT_OK(kill(getpid(), SIGSYS));
        _exit(8);
    }
    EXPECT_KILLED(child, SIGSYS);
    return 0;
}
