// SPDX-License-Identifier: Apache-2.0
//
// Whom kill reaches: a process, the caller's group (0), another group (negative), nobody with signal 0; who may:
// one's own uid, SIGCONT within the session; who is not there is ESRCH; pidfd_send_signal by descriptor. kill(2).
#include "testing.h"

static pid_t catcher(volatile int* ready, int code) {
    pid_t child = fork_child();
    if (child != 0) return child;
    sigset_t set = set_of(SIGUSR1);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    add(ready, 1);
    siginfo_t info;
    EXPECT_EQ(sigwaitinfo(&set, &info), SIGUSR1);
    _exit(info.si_code == SI_USER ? code : 99);
}

int main(void) {
    watchdog(60);
    volatile int* ready = (volatile int*)shared_memory(4096);
    EXPECT_OK(setpgid(0, 0));
    sigset_t set = set_of(SIGUSR1);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    pid_t children[3];
    for (int i = 0; i < 3; i++) children[i] = catcher(ready, i);
    EXPECT_OK(setpgid(children[2], children[2]));
    wait_until_at_least(ready, 3);
    EXPECT_OK(kill(0, SIGUSR1));  // the caller and two children
    siginfo_t info;
    EXPECT_EQ(sigwaitinfo(&set, &info), SIGUSR1);
    EXPECT_EXIT(children[0], 0);
    EXPECT_EXIT(children[1], 1);
    EXPECT_OK(kill(children[2], 0));
    EXPECT_EQ(waitpid(children[2], NULL, WNOHANG), 0);
    EXPECT_OK(kill(-children[2], SIGUSR1));
    EXPECT_EXIT(children[2], 2);
    EXPECT_ERRNO(kill(children[2], 0), ESRCH);
    EXPECT_ERRNO(kill(-children[2], SIGUSR1), ESRCH);
    EXPECT_ERRNO(kill(getpid(), 65), EINVAL);
    EXPECT_ERRNO(kill(getpid(), -1), EINVAL);

    pid_t child = fork_child();
    if (child == 0) _exit(0);
    while (thread_state(child, child) != 'Z') sched_yield();
    EXPECT_OK(kill(child, SIGUSR1));  // a zombie takes it and does nothing
    EXPECT_EXIT(child, 0);

    child = catcher(ready, 5);
    wait_until_at_least(ready, 4);
    int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
    if (pidfd >= 0) {
        EXPECT_OK(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0));
        EXPECT_ERRNO(syscall(SYS_pidfd_send_signal, pidfd, SIGUSR1, NULL, 0x100), EINVAL);
        EXPECT_ERRNO(syscall(SYS_pidfd_send_signal, 0, SIGUSR1, NULL, 0), EBADF);
        EXPECT_OK(syscall(SYS_pidfd_send_signal, pidfd, SIGUSR1, NULL, 0));
        EXPECT_EXIT(child, 5);
        EXPECT_ERRNO(syscall(SYS_pidfd_send_signal, pidfd, SIGUSR1, NULL, 0), ESRCH);
    } else {
        EXPECT_OK(kill(child, SIGUSR1));
        EXPECT_EXIT(child, 5);
    }
    if (getuid() == 0) {
        pid_t parent = getpid();
        child = fork_child();
        if (child == 0) {
            EXPECT_OK(setuid(65534));
            EXPECT_ERRNO(kill(parent, SIGUSR1), EPERM);
            EXPECT_ERRNO(kill(parent, 0), EPERM);
            EXPECT_OK(kill(parent, SIGCONT));  // the same session
            _exit(0);
        }
        EXPECT_EXIT(child, 0);
    }
    return 0;
}
