// SPDX-License-Identifier: Apache-2.0
//
// sigwaitinfo, sigtimedwait and sigwait take a pending signal without running its handler, lowest number
// first, with its siginfo; they also wait for one that comes later; taking one of several queued leaves the
// rest. sigwaitinfo(2).
#include "testing.h"

int main(void) {
    watchdog(60);
    count_signals(SIGUSR1, 0);
    sigset_t set = set_of(SIGUSR1), pending;
    sigaddset(&set, SIGRTMIN);
    sigaddset(&set, SIGRTMIN + 1);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    EXPECT_OK(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 3}));
    EXPECT_OK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 1}));
    EXPECT_OK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 2}));
    EXPECT_OK(raise(SIGUSR1));

    siginfo_t info;
    int number;
    struct timespec none = {0}, long_time = {.tv_sec = 1000};
    EXPECT_EQ(sigwaitinfo(&set, &info), SIGUSR1);
    EXPECT(info.si_code == SI_TKILL || info.si_code == SI_USER);  // glibc says SI_USER for both
    EXPECT_EQ(sigtimedwait(&set, &info, &none), SIGRTMIN);
    EXPECT_EQ(info.si_value.sival_int, 1);
    EXPECT_OK(sigpending(&pending));
    EXPECT(sigismember(&pending, SIGRTMIN) && sigismember(&pending, SIGRTMIN + 1));
    EXPECT_EQ(sigwait(&set, &number), 0);
    EXPECT_EQ(number, SIGRTMIN);
    EXPECT_EQ(sigtimedwait(&set, &info, &long_time), SIGRTMIN + 1);
    EXPECT_EQ(info.si_value.sival_int, 3);
    EXPECT_ERRNO(sigtimedwait(&set, &info, &none), EAGAIN);
    EXPECT_ERRNO(sigtimedwait(&set, &info, &(struct timespec){.tv_nsec = 2000000000}), EINVAL);

    pid_t parent = getpid(), tid = own_tid();
    pid_t child = fork_child();
    if (child == 0) {
        wait_asleep(parent, tid);
        EXPECT_OK(kill(parent, SIGUSR1));
        _exit(0);
    }
    EXPECT_EQ(sigwaitinfo(&set, &info), SIGUSR1);
    EXPECT(info.si_code == SI_USER && info.si_pid == child);
    EXPECT_EXIT(child, 0);
    EXPECT_EQ(load(signal_count), 0);
    return 0;
}
