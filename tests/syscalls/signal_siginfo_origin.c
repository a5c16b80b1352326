// SPDX-License-Identifier: Apache-2.0
//
// A handler with SA_SIGINFO learns who sent the signal and how: kill is SI_USER, tgkill is SI_TKILL, sigqueue
// is SI_QUEUE with the value, each with the sender's pid and uid; also from a child. sigaction(2),
// sigqueue(3).
#include "testing.h"

static siginfo_t last;
static volatile int count;

static void handler(int, siginfo_t* info, void* context) {
    EXPECT(context != NULL);
    last = *info;
    count++;
}

static void expect_last(int code, pid_t pid) {
    EXPECT_EQ(last.si_signo, SIGUSR1);
    EXPECT_EQ(last.si_code, code);
    EXPECT_EQ(last.si_pid, pid);
    EXPECT_EQ(last.si_uid, getuid());
}

int main(void) {
    watchdog(60);
    handle_with_info(SIGUSR1, handler, 0);
    EXPECT_OK(kill(getpid(), SIGUSR1));
    EXPECT_EQ(count, 1);  // to oneself: delivered before kill returns
    expect_last(SI_USER, getpid());

    EXPECT_OK(syscall(SYS_tgkill, getpid(), own_tid(), SIGUSR1));
    EXPECT_EQ(count, 2);
    expect_last(SI_TKILL, getpid());

    EXPECT_OK(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_ptr = (void*)0x123456789abcdef0}));
    EXPECT_EQ(count, 3);
    expect_last(SI_QUEUE, getpid());
    EXPECT(last.si_value.sival_ptr == (void*)0x123456789abcdef0);

    pid_t parent = getpid();
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(sigqueue(parent, SIGUSR1, (union sigval){.sival_int = 42}));
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    EXPECT_EQ(count, 4);
    expect_last(SI_QUEUE, child);
    EXPECT_EQ(last.si_value.sival_int, 42);
    return 0;
}
