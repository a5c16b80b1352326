// SPDX-License-Identifier: Apache-2.0
//
// System calls under a storm of signals: every byte through a pipe arrives once and in order, results are
// right, errno is right, and calls that block are restarted (SA_RESTART), while a thread signals the caller
// without pause. signal(7).
#include "testing.h"

static volatile int handled, finish;
static pthread_t main_thread;

static void handler(int) {
    int saved = errno;
    EXPECT_ERRNO(close(-1), EBADF);
    add(&handled, 1);
    errno = saved;
}

static void* storm(void*) {
    while (!load(&finish)) {
        int before = load(&handled);
        EXPECT_EQ(pthread_kill(main_thread, SIGUSR1), 0);
        while (load(&handled) == before && !load(&finish)) sched_yield();
    }
    return NULL;
}

int main(void) {
    watchdog(60);
    enum { kRounds = 30000 };
    int there[2], back[2];
    EXPECT_OK(pipe(there));
    EXPECT_OK(pipe(back));
    pid_t child = fork_child();
    if (child == 0) {
        for (int i = 0; i < kRounds; i++) {
            int value;
            EXPECT_EQ(read(there[0], &value, sizeof value), sizeof value);
            EXPECT_EQ(value, i);
            value = ~value;
            EXPECT_EQ(write(back[1], &value, sizeof value), sizeof value);
        }
        _exit(0);
    }
    handle_with(SIGUSR1, handler, SA_RESTART);
    main_thread = pthread_self();
    pthread_t thread = start_thread(storm, NULL);
    wait_until_at_least(&handled, 1);  // the storm has begun, and goes on until the rounds are over
    pid_t self = getpid();
    for (int i = 0; i < kRounds; i++) {
        int value = i;
        EXPECT_EQ(write(there[1], &value, sizeof value), sizeof value);
        EXPECT_EQ(syscall(SYS_getpid), self);
        EXPECT_ERRNO(fcntl(-1, F_GETFD), EBADF);
        EXPECT_EQ(read(back[0], &value, sizeof value), sizeof value);
        EXPECT_EQ(value, ~i);
    }
    EXPECT_EXIT(child, 0);
    store(&finish, 1);
    join_thread(thread);
    return 0;
}
