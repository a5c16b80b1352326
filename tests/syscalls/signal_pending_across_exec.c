// SPDX-License-Identifier: Apache-2.0
//
// Pending signals, with their queue and values, survive execve, as does the mask that keeps them pending; an
// alarm keeps running. execve(2), signal(7), alarm(2).
#include "testing.h"

static int after_exec(void) {
    sigset_t set;
    EXPECT_OK(sigpending(&set));
    EXPECT(sigismember(&set, SIGUSR1) && sigismember(&set, SIGRTMIN) && !sigismember(&set, SIGUSR2));
    siginfo_t info;
    EXPECT_EQ(sigwaitinfo(&set, &info), SIGUSR1);
    EXPECT_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
    EXPECT(info.si_code == SI_QUEUE && info.si_value.sival_int == 1);
    EXPECT_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
    EXPECT(info.si_code == SI_QUEUE && info.si_value.sival_int == 2);
    EXPECT_ERRNO(sigtimedwait(&set, &info, &(struct timespec){0}), EAGAIN);
    unsigned seconds = alarm(0);
    EXPECT(seconds > 900 && seconds <= 1000);
    return 5;
}

int main(int argc, char** argv) {
    if (argc == 2) return after_exec();
    watchdog(60);
    pid_t child = fork_child();
    if (child == 0) {
        alarm(1000);
        sigset_t set = set_of(SIGUSR1);
        sigaddset(&set, SIGRTMIN);
        EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
        EXPECT_OK(kill(getpid(), SIGUSR1));
        EXPECT_OK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 1}));
        EXPECT_OK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 2}));
        execl(argv[0], argv[0], "after-exec", NULL);
        _exit(8);
    }
    EXPECT_EXIT(child, 5);
    return 0;
}
