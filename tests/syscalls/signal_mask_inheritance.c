// SPDX-License-Identifier: Apache-2.0
//
// The signal mask is inherited by fork, execve, vfork and pthread_create, and is each thread's own
// afterwards. sigprocmask(2), pthread_sigmask(3).
#include "testing.h"

static bool masked(int number) {
    sigset_t mask;
    EXPECT_EQ(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
    return sigismember(&mask, number) == 1;
}

static void* thread(void*) {
    EXPECT(masked(SIGUSR1) && masked(SIGRTMIN + 3) && !masked(SIGUSR2));
    sigset_t mask = set_of(SIGUSR2);
    EXPECT_EQ(pthread_sigmask(SIG_SETMASK, &mask, NULL), 0);
    return NULL;
}

int main(int argc, char** argv) {
    if (argc == 2) return masked(SIGUSR1) && masked(SIGRTMIN + 3) && !masked(SIGUSR2) ? 0 : 9;
    watchdog(60);
    char* self = own_path(argv[0]);
    sigset_t mask = set_of(SIGUSR1);
    sigaddset(&mask, SIGRTMIN + 3);
    EXPECT_OK(sigprocmask(SIG_SETMASK, &mask, NULL));
    join_thread(start_thread(thread, NULL));
    EXPECT(masked(SIGUSR1) && !masked(SIGUSR2));  // the thread's change was its own

    pid_t child = fork_child();
    if (child == 0) {
        EXPECT(masked(SIGUSR1) && masked(SIGRTMIN + 3) && !masked(SIGUSR2));
        execl(self, self, "after-exec", NULL);
        _exit(8);
    }
    EXPECT_EXIT(child, 0);
    child = vfork();
    if (child == 0) {
        execl(self, self, "after-exec", NULL);
        _exit(8);
    }
    EXPECT_EXIT(child, 0);
    return 0;
}
