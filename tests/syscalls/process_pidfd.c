// SPDX-License-Identifier: Apache-2.0
//
// pidfd_open refers to one process: readable in poll when it ends, P_PIDFD waits for it, pidfd_send_signal
// signals it (ESRCH when it is gone); EINVAL and ESRCH for bad pids; it is close-on-exec. pidfd_open(2),
// pidfd_send_signal(2).
#include "testing.h"

#include <poll.h>

int main(void) {
    watchdog(60);
    pid_t child = fork_child();
    if (child == 0)
        for (;;) pause();
    int fd = (int)syscall(SYS_pidfd_open, child, 0);
    if (fd == -1 && errno == ENOSYS) SKIP("no pidfd_open");
    EXPECT(fd >= 0);
    EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    EXPECT_EQ(poll(&entry, 1, 0), 0);
    EXPECT_OK(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
    siginfo_t info = {0};
    EXPECT_OK(waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG));
    EXPECT_EQ(info.si_pid, 0);
    EXPECT_OK(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0));
    EXPECT_EQ(poll(&entry, 1, -1), 1);
    EXPECT_EQ(entry.revents & POLLIN, POLLIN);
    EXPECT_OK(waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
    EXPECT(info.si_pid == child && info.si_code == CLD_KILLED && info.si_status == SIGTERM);
    EXPECT_ERRNO(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0), ESRCH);
    EXPECT_ERRNO(waitid(P_PIDFD, (id_t)fd, &info, WEXITED), ECHILD);
    EXPECT_ERRNO(syscall(SYS_pidfd_open, child, 0), ESRCH);
    EXPECT_ERRNO(syscall(SYS_pidfd_open, -1, 0), EINVAL);
    EXPECT_ERRNO(syscall(SYS_pidfd_open, getpid(), 0x40000), EINVAL);
    EXPECT_ERRNO(syscall(SYS_pidfd_send_signal, 0, SIGTERM, NULL, 0), EBADF);

    count_signals(SIGUSR1, 0);
    int self = (int)EXPECT_OK(syscall(SYS_pidfd_open, getpid(), 0));
    EXPECT_OK(syscall(SYS_pidfd_send_signal, self, SIGUSR1, NULL, 0));
    EXPECT_EQ(load(signal_count), 1);
    return 0;
}
