// SPDX-License-Identifier: Apache-2.0
//
// RLIMIT_SIGPENDING bounds queued signals: sigqueue is EAGAIN beyond it, kill still works; rt_sigqueueinfo gives no
// strange codes to others; SI_QUEUE carries pid, uid and value; a full queue drains in order. sigqueue(3),
// rt_sigqueueinfo(2).
#include "testing.h"

#include <sys/resource.h>

int main(void) {
    watchdog(60);
    sigset_t set = set_of(SIGRTMIN + 1);
    sigaddset(&set, SIGUSR1);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    struct rlimit limit, few;
    EXPECT_OK(getrlimit(RLIMIT_SIGPENDING, &limit));
    few = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
    EXPECT_OK(setrlimit(RLIMIT_SIGPENDING, &few));
    // Root's other signals count, too, so nothing at all may be queued.
    EXPECT_ERRNO(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 1}), EAGAIN);
    EXPECT_OK(kill(getpid(), SIGUSR1));
    siginfo_t info;
    struct timespec none = {0};
    EXPECT_EQ(sigtimedwait(&set, &info, &none), SIGUSR1);
    EXPECT_OK(setrlimit(RLIMIT_SIGPENDING, &limit));
    for (int i = 0; i < 100; i++) EXPECT_OK(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = i}));
    for (int i = 0; i < 100; i++) {
        EXPECT_EQ(sigtimedwait(&set, &info, &none), SIGRTMIN + 1);
        EXPECT_EQ(info.si_value.sival_int, i);
        EXPECT_EQ(info.si_code, SI_QUEUE);
        EXPECT_EQ(info.si_pid, getpid());
        EXPECT_EQ(info.si_uid, getuid());
    }
    EXPECT_ERRNO(sigtimedwait(&set, &info, &none), EAGAIN);
    none.tv_nsec = 1000000000;
    EXPECT_ERRNO(sigtimedwait(&set, &info, &none), EINVAL);

    memset(&info, 0, sizeof info);
    info.si_code = -70;
    info.si_value.sival_int = 9;
    EXPECT_OK(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info));
    EXPECT_EQ(sigwaitinfo(&set, &info), SIGUSR1);
    EXPECT_EQ(info.si_code, -70);
    info.si_code = SI_USER;  // to oneself anything may be sent
    EXPECT_OK(syscall(SYS_rt_tgsigqueueinfo, getpid(), own_tid(), SIGUSR1, &info));
    EXPECT_EQ(sigwaitinfo(&set, &info), SIGUSR1);
    EXPECT_EQ(info.si_code, SI_USER);
    info.si_code = SI_USER;
    EXPECT_ERRNO(syscall(SYS_rt_sigqueueinfo, getppid(), 0, &info), EPERM);
    EXPECT_ERRNO(sigqueue(getpid(), 99, (union sigval){0}), EINVAL);
    EXPECT_ERRNO(sigqueue(0x3fffff, 0, (union sigval){0}), ESRCH);
    EXPECT_ERRNO(syscall(SYS_tgkill, getpid(), 0, 0), EINVAL);
    EXPECT_ERRNO(syscall(SYS_tgkill, 1, own_tid(), 0), ESRCH);
    return 0;
}
