// SPDX-License-Identifier: Apache-2.0
//
// tgkill and pthread_kill signal exactly one thread; kill signals the process: some thread that does not
// block it takes it, exactly once; a thread's pending signals are its own, the process's are seen by all.
// signal(7), tgkill(2).
#include "testing.h"

static volatile int taken_by, count, ready, finish;

static void handler(int) {
    store(&taken_by, own_tid());
    add(&count, 1);
}

static volatile int thread_tid;

static void* open_thread(void*) {
    store(&thread_tid, own_tid());
    sigset_t usr1 = set_of(SIGUSR1);
    EXPECT_EQ(pthread_sigmask(SIG_UNBLOCK, &usr1, NULL), 0);
    store(&ready, 1);
    while (!load(&finish)) sched_yield();
    return NULL;
}

static bool pending(void) {
    sigset_t set;
    EXPECT_OK(sigpending(&set));
    return sigismember(&set, SIGUSR1) == 1;
}

static void* sees_pending(void*) { return pending() ? (void*)1 : NULL; }

int main(void) {
    watchdog(60);
    handle_with(SIGUSR1, handler, 0);
    sigset_t usr1 = set_of(SIGUSR1);
    EXPECT_EQ(pthread_sigmask(SIG_BLOCK, &usr1, NULL), 0);

    EXPECT_OK(syscall(SYS_tgkill, getpid(), own_tid(), SIGUSR1));
    EXPECT(pending());
    EXPECT(join_thread(start_thread(sees_pending, NULL)) == NULL);  // pending for the main thread only
    EXPECT_EQ(sigwaitinfo(&usr1, NULL), SIGUSR1);
    EXPECT_OK(kill(getpid(), SIGUSR1));
    EXPECT(pending());
    EXPECT(join_thread(start_thread(sees_pending, NULL)) != NULL);  // pending for the process
    EXPECT_EQ(sigwaitinfo(&usr1, NULL), SIGUSR1);

    pthread_t thread = start_thread(open_thread, NULL);
    wait_until_at_least(&ready, 1);
    EXPECT_OK(kill(getpid(), SIGUSR1));  // only the other thread can take it
    wait_until_at_least(&count, 1);
    EXPECT_EQ(taken_by, thread_tid);
    EXPECT_EQ(pthread_kill(thread, SIGUSR1), 0);
    wait_until_at_least(&count, 2);
    EXPECT_EQ(taken_by, thread_tid);
    EXPECT_EQ(pthread_kill(pthread_self(), SIGUSR1), 0);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(pthread_sigmask(SIG_UNBLOCK, &usr1, NULL), 0);
    EXPECT_EQ(count, 3);
    EXPECT_EQ(taken_by, own_tid());
    store(&finish, 1);
    join_thread(thread);

    while (syscall(SYS_tgkill, getpid(), thread_tid, 0) == 0) sched_yield();  // joined a little before it is gone
    EXPECT_ERRNO(syscall(SYS_tgkill, getpid(), thread_tid, SIGUSR1), ESRCH);
    EXPECT_ERRNO(syscall(SYS_tgkill, getppid(), own_tid(), SIGUSR1), ESRCH);
    EXPECT_ERRNO(syscall(SYS_tgkill, -1, own_tid(), SIGUSR1), EINVAL);
    EXPECT_ERRNO(kill(getpid(), 65), EINVAL);
    EXPECT_OK(kill(getpid(), 0));
    return 0;
}
