// SPDX-License-Identifier: Apache-2.0
//
// Fault signals and SIGTRAP that were sent while blocked wait across execve like others. execve(2), sigpending(2).
#include "testing.h"

static const int kSignals[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGSYS, SIGUSR1};
enum { kCount = sizeof kSignals / sizeof kSignals[0] };

static void expect_pending(int from) {
    sigset_t pending;
    EXPECT_OK(sigpending(&pending));
    for (int i = from; i < kCount; i++) EXPECT_EQ(sigismember(&pending, kSignals[i]), 1);
}

static volatile int handled;
static void handler(int) { add(&handled, 1); }

int main(int argc, char** argv) {
    watchdog(60);
    sigset_t blocked;
    sigemptyset(&blocked);
    for (int i = 0; i < kCount; i++) sigaddset(&blocked, kSignals[i]);
    if (argc == 1) {
        EXPECT_OK(sigprocmask(SIG_BLOCK, &blocked, NULL));
        for (int i = 0; i < kCount; i++) EXPECT_OK(syscall(SYS_tgkill, getpid(), own_tid(), kSignals[i]));
        expect_pending(0);
        char* path = own_path(argv[0]);
        char* const arguments[] = {path, (char*)"again", NULL};
        execve("/nowhere/at/all", arguments, NULL);
        expect_pending(0);
        EXPECT_OK(execv(path, arguments));
    }
    expect_pending(0);
    const sigset_t trap = set_of(SIGTRAP);
    EXPECT_EQ(sigwaitinfo(&trap, NULL), SIGTRAP);
    expect_pending(1);
    for (int i = 1; i < kCount; i++) handle_with(kSignals[i], handler, 0);
    EXPECT_OK(sigprocmask(SIG_UNBLOCK, &blocked, NULL));
    EXPECT_EQ(load(&handled), kCount - 1);
    return 0;
}
