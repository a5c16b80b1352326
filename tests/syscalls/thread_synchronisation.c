// SPDX-License-Identifier: Apache-2.0
//
// Mutexes, condition variables, barriers, semaphores and read-write locks between threads, and
// priority-inheriting and process-shared ones: futex wait, wake, requeue and lock-pi. futex(2),
// pthread_mutexattr_setprotocol(3).
#include "testing.h"

#include <semaphore.h>

enum { kThreads = 4, kRounds = 3000 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, inheriting;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static long plain_count, inheriting_count, rw_count, turn;

static void* body(void* argument) {
    long index = (long)argument;
    for (int i = 0; i < kRounds; i++) {
        EXPECT_EQ(pthread_mutex_lock(&mutex), 0);
        plain_count++;
        EXPECT_EQ(pthread_mutex_unlock(&mutex), 0);
        EXPECT_EQ(pthread_mutex_lock(&inheriting), 0);
        inheriting_count++;
        EXPECT_EQ(pthread_mutex_unlock(&inheriting), 0);
        EXPECT_EQ(i % 8 == 0 ? pthread_rwlock_wrlock(&rwlock) : pthread_rwlock_rdlock(&rwlock), 0);
        if (i % 8 == 0) rw_count++;
        EXPECT_EQ(pthread_rwlock_unlock(&rwlock), 0);
    }
    for (int i = 0; i < kRounds / 10; i++) {
        EXPECT_EQ(pthread_mutex_lock(&mutex), 0);
        while (turn % kThreads != index) EXPECT_EQ(pthread_cond_wait(&condition, &mutex), 0);
        turn++;
        EXPECT_EQ(pthread_cond_broadcast(&condition), 0);
        EXPECT_EQ(pthread_mutex_unlock(&mutex), 0);
        int result = pthread_barrier_wait(&barrier);
        EXPECT(result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
    }
    return NULL;
}

int main(void) {
    watchdog(60);
    pthread_mutexattr_t attributes;
    EXPECT_EQ(pthread_mutexattr_init(&attributes), 0);
    EXPECT_EQ(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT), 0);
    EXPECT_EQ(pthread_mutex_init(&inheriting, &attributes), 0);
    EXPECT_EQ(pthread_barrier_init(&barrier, NULL, kThreads), 0);
    pthread_t threads[kThreads];
    for (long i = 0; i < kThreads; i++) threads[i] = start_thread(body, (void*)i);
    for (int i = 0; i < kThreads; i++) join_thread(threads[i]);
    EXPECT(plain_count == kThreads * kRounds && inheriting_count == plain_count && rw_count == plain_count / 8);
    EXPECT_EQ(turn, kThreads * (kRounds / 10));

    sem_t* semaphores = shared_memory(4096);
    EXPECT_OK(sem_init(&semaphores[0], 1, 0));
    EXPECT_OK(sem_init(&semaphores[1], 1, 0));
    pid_t child = fork_child();
    for (int i = 0; i < kRounds; i++) {
        if (child == 0) {
            EXPECT_OK(sem_wait(&semaphores[0]));
            EXPECT_OK(sem_post(&semaphores[1]));
        } else {
            EXPECT_OK(sem_post(&semaphores[0]));
            EXPECT_OK(sem_wait(&semaphores[1]));
        }
    }
    if (child == 0) _exit(0);
    EXPECT_EXIT(child, 0);
    struct timespec past = {.tv_sec = 1};
    EXPECT_ERRNO(sem_timedwait(&semaphores[0], &past), ETIMEDOUT);
    return 0;
}
