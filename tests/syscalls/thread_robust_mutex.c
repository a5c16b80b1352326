// SPDX-License-Identifier: Apache-2.0
//
// A robust mutex whose owner ends, as a thread or as a process killed while others wait, is handed on with
// EOWNERDEAD; after pthread_mutex_consistent it works on, without it is ENOTRECOVERABLE.
// pthread_mutexattr_setrobust(3).
#include "testing.h"

static pthread_mutex_t* mutex;
static volatile int* locked;

static void* lock_and_end(void*) {
    EXPECT_EQ(pthread_mutex_lock(mutex), 0);
    return NULL;
}

static void* lock_and_expect_owner_dead(void*) {
    EXPECT_EQ(pthread_mutex_lock(mutex), EOWNERDEAD);
    EXPECT_EQ(pthread_mutex_consistent(mutex), 0);
    EXPECT_EQ(pthread_mutex_unlock(mutex), 0);
    return NULL;
}

int main(void) {
    watchdog(60);
    char* memory = shared_memory(4096);
    mutex = (pthread_mutex_t*)memory;
    locked = (volatile int*)(memory + 2048);
    pthread_mutexattr_t attributes;
    EXPECT_EQ(pthread_mutexattr_init(&attributes), 0);
    EXPECT_EQ(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST), 0);
    EXPECT_EQ(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED), 0);
    EXPECT_EQ(pthread_mutex_init(mutex, &attributes), 0);

    for (int i = 0; i < 20; i++) {
        join_thread(start_thread(lock_and_end, NULL));
        lock_and_expect_owner_dead(NULL);

        store(locked, 0);
        pid_t child = fork_child();
        if (child == 0) {
            EXPECT_EQ(pthread_mutex_lock(mutex), 0);
            store(locked, 1);
            for (;;) pause();
        }
        wait_until_at_least(locked, 1);
        EXPECT_EQ(pthread_mutex_trylock(mutex), EBUSY);
        pthread_t waiter = start_thread(lock_and_expect_owner_dead, NULL);
        if (i % 2 == 0) sched_yield();
        EXPECT_OK(kill(child, SIGKILL));
        EXPECT_KILLED(child, SIGKILL);
        join_thread(waiter);
    }
    join_thread(start_thread(lock_and_end, NULL));
    EXPECT_EQ(pthread_mutex_lock(mutex), EOWNERDEAD);
    EXPECT_EQ(pthread_mutex_unlock(mutex), 0);
    EXPECT_EQ(pthread_mutex_lock(mutex), ENOTRECOVERABLE);
    return 0;
}
