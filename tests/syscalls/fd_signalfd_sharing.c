// SPDX-License-Identifier: Apache-2.0
//
// What a signalfd reads depends on who reads: signals of the reading process after fork, those of the process and of
// the reading thread; a default action does not happen to what was read; SIGCHLD tells pid and status; SIGKILL in the
// set is ignored. signalfd(2).
#include "testing.h"

#include <poll.h>
#include <sys/signalfd.h>

static int fd;
static volatile int directed;

static void* read_own(void* argument) {
    struct signalfd_siginfo info;
    store(&directed, own_tid());
    EXPECT_EQ(read(fd, &info, sizeof info), sizeof info);
    EXPECT_EQ(info.ssi_signo, SIGUSR2);
    *(int32_t*)argument = info.ssi_code;
    return NULL;
}

int main(void) {
    watchdog(60);
    sigset_t set = set_of(SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGKILL);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    fd = EXPECT_OK(signalfd(-1, &set, SFD_CLOEXEC));
    struct signalfd_siginfo info;

    pid_t child = fork_child();
    if (child == 0) {  // the parent's signals are not the child's
        struct pollfd entry = {.fd = fd, .events = POLLIN};
        EXPECT_OK(kill(getppid(), SIGUSR1));
        EXPECT_EQ(poll(&entry, 1, 0), 0);
        EXPECT_OK(raise(SIGUSR2));
        EXPECT_EQ(read(fd, &info, sizeof info), sizeof info);
        EXPECT_EQ(info.ssi_signo, SIGUSR2);
        EXPECT_EQ(info.ssi_pid, getpid());
        _exit(7);
    }
    EXPECT_EQ(read(fd, &info, sizeof info), sizeof info);
    EXPECT_EQ(info.ssi_signo, SIGUSR1);
    EXPECT_EQ(info.ssi_pid, child);
    EXPECT_EQ(read(fd, &info, sizeof info), sizeof info);
    EXPECT_EQ(info.ssi_signo, SIGCHLD);
    EXPECT_EQ(info.ssi_code, CLD_EXITED);
    EXPECT_EQ(info.ssi_pid, child);
    EXPECT_EQ(info.ssi_status, 7);
    EXPECT_EXIT(child, 7);

    int32_t code = 0;
    pthread_t thread = start_thread(read_own, &code);
    wait_until_at_least(&directed, 1);
    EXPECT_OK(syscall(SYS_tgkill, getpid(), directed, SIGUSR2));
    join_thread(thread);
    EXPECT_EQ(code, SI_TKILL);
    sigset_t pending;
    EXPECT_OK(sigpending(&pending));
    EXPECT(!sigismember(&pending, SIGUSR1) && !sigismember(&pending, SIGUSR2) && !sigismember(&pending, SIGCHLD));
    EXPECT_ERRNO(signalfd(0, &set, 0), EINVAL);
    EXPECT_ERRNO(signalfd(-1, &set, 0x100), EINVAL);
    EXPECT_ERRNO(signalfd(77, &set, 0), EBADF);
    return 0;
}
