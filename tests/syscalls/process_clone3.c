// SPDX-License-Identifier: Apache-2.0
//
// clone3, where it exists (otherwise ENOSYS): a plain child like fork's, with exit signal, CLONE_PIDFD and
// PARENT_SETTID, CLONE_CLEAR_SIGHAND; wrong sizes and flags are EINVAL. clone(2), "clone3()".
#include "testing.h"

#include <linux/sched.h>
#include <poll.h>

static long clone3(struct clone_args* arguments, size_t size) { return syscall(SYS_clone3, arguments, size); }

static void handler(int) {}

int main(void) {
    watchdog(60);
    struct clone_args arguments = {.exit_signal = SIGCHLD};
    long child = clone3(&arguments, sizeof arguments);
    if (child == -1 && errno == ENOSYS) SKIP("no clone3");
    if (child == 0) _exit(21);
    EXPECT(child > 0);
    EXPECT_EXIT((pid_t)child, 21);

    int pidfd = -1;
    pid_t parent_tid = 0;
    handle_with(SIGUSR1, handler, 0);
    signal(SIGUSR2, SIG_IGN);
    arguments = (struct clone_args){.flags = CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_CLEAR_SIGHAND,
                                    .pidfd = (uintptr_t)&pidfd,
                                    .parent_tid = (uintptr_t)&parent_tid,
                                    .exit_signal = SIGCHLD};
    child = EXPECT_OK(clone3(&arguments, sizeof arguments));
    if (child == 0) {
        struct sigaction first, second;
        sigaction(SIGUSR1, NULL, &first);
        sigaction(SIGUSR2, NULL, &second);
        _exit(first.sa_handler == SIG_DFL && second.sa_handler == SIG_IGN ? 22 : 23);
    }
    EXPECT_EQ(parent_tid, child);
    struct pollfd entry = {.fd = pidfd, .events = POLLIN};
    EXPECT_EQ(poll(&entry, 1, -1), 1);
    siginfo_t info;
    EXPECT_OK(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED));
    EXPECT(info.si_pid == child && info.si_status == 22);

    EXPECT_ERRNO(clone3(&arguments, 16), EINVAL);
    arguments = (struct clone_args){.flags = CLONE_SIGHAND, .exit_signal = SIGCHLD};
    EXPECT_ERRNO(clone3(&arguments, sizeof arguments), EINVAL);
    EXPECT_ERRNO(clone3(NULL, sizeof arguments), EFAULT);
    return 0;
}
