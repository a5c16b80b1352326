// SPDX-License-Identifier: Apache-2.0
//
// Bad pointers in calls on signals, time, processes and memory give EFAULT and change nothing. Raw calls.
#include "testing.h"

#include <linux/futex.h>

int main(void) {
    watchdog(60);
    char* pages = EXPECT_OK(mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    char* read_only = pages;
    EXPECT_OK(munmap(pages + 4096, 4096));
    EXPECT_OK(mprotect(read_only, 4096, PROT_READ));
    void* bad[] = {pages + 4096, (void*)8, (void*)0xffff800000000000, (void*)-4096L};
    char* arguments[] = {"true", NULL};
    struct timespec none = {0};
    unsigned long mask = 1UL << (SIGUSR1 - 1);
    for (int i = 0; i < 4; i++) {
        EXPECT_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, bad[i], NULL, 8), EFAULT);
        EXPECT_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, NULL, bad[i], 8), EFAULT);
        EXPECT_ERRNO(syscall(SYS_rt_sigprocmask, SIG_BLOCK, bad[i], NULL, 8), EFAULT);
        EXPECT_ERRNO(syscall(SYS_rt_sigpending, bad[i], 8), EFAULT);
        EXPECT_ERRNO(syscall(SYS_rt_sigtimedwait, bad[i], NULL, &none, 8), EFAULT);
        EXPECT_ERRNO(syscall(SYS_rt_sigtimedwait, &mask, NULL, bad[i], 8), EFAULT);
        EXPECT_ERRNO(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, bad[i]), EFAULT);
        EXPECT_ERRNO(syscall(SYS_sigaltstack, bad[i], NULL), EFAULT);
        EXPECT_ERRNO(syscall(SYS_nanosleep, bad[i], NULL), EFAULT);
        EXPECT_ERRNO(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, bad[i]), EFAULT);
        EXPECT_ERRNO(syscall(SYS_setitimer, 0, bad[i], NULL), EFAULT);
        EXPECT_ERRNO(syscall(SYS_getrlimit, 0, bad[i]), EFAULT);
        EXPECT_ERRNO(syscall(SYS_execve, bad[i], arguments, NULL), EFAULT);
        EXPECT_ERRNO(syscall(SYS_execve, "/bin/true", bad[i], NULL), EFAULT);
        EXPECT_ERRNO(syscall(SYS_execve, "/bin/true", arguments, bad[i]), EFAULT);
        EXPECT_ERRNO(syscall(SYS_execve, "/bin/true", (void*[]){"true", bad[i], NULL}, NULL), EFAULT);
        EXPECT_ERRNO(syscall(SYS_times, bad[i]), EFAULT);
        EXPECT_ERRNO(syscall(SYS_sched_getaffinity, 0, 128, bad[i]), EFAULT);
        EXPECT_ERRNO(syscall(SYS_futex, bad[i], FUTEX_WAIT, 0, &none, NULL, 0), EFAULT);
    }
    EXPECT_ERRNO(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, read_only, 8), EFAULT);
    EXPECT_ERRNO(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, read_only), EFAULT);

    struct sigaction action;
    EXPECT_OK(sigaction(SIGUSR1, NULL, &action));
    EXPECT(action.sa_handler == SIG_DFL);
    pid_t child = fork_child();
    if (child == 0) _exit(7);
    siginfo_t info;
    EXPECT_OK(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
    EXPECT_ERRNO(syscall(SYS_wait4, child, bad[0], 0, NULL), EFAULT);
    return 0;
}
