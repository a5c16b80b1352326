// SPDX-License-Identifier: Apache-2.0
//
// FUTEX_LOCK_PI: the word holds the owner's tid and FUTEX_WAITERS, a second lock by the owner is EDEADLK, trylock
// EAGAIN, unlocking by another EPERM, a word with no such owner ESRCH, a timeout is a real time; a robust owner that
// dies leaves FUTEX_OWNER_DIED; FUTEX_WAIT_REQUEUE_PI moves a waiter to the lock. futex(2).
#include "testing.h"

#include <linux/futex.h>

static uint32_t lock, condition;
static volatile int tid, got;

static long futex(uint32_t* word, int operation, uint32_t value, const void* timeout, uint32_t* other,
                  uint32_t value3) {
    return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, timeout, other, value3);
}

static void* take(void*) {
    store(&tid, own_tid());
    EXPECT_ERRNO(futex(&lock, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EAGAIN);
    EXPECT_ERRNO(futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM);
    struct timespec past = {.tv_sec = 1};
    EXPECT_ERRNO(futex(&lock, FUTEX_LOCK_PI, 0, &past, NULL, 0), ETIMEDOUT);
    EXPECT_OK(futex(&lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    EXPECT_EQ(lock & FUTEX_TID_MASK, own_tid());
    store(&got, 1);
    EXPECT_OK(futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    return NULL;
}

static void* wait_for_condition(void*) {
    store(&tid, own_tid());
    long result;
    do result = futex(&condition, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &lock, 0);
    while (result == -1 && errno == EINTR);
    EXPECT_EQ(result, 0);
    EXPECT_EQ(lock & FUTEX_TID_MASK, own_tid());  // it comes back with the lock
    EXPECT_OK(futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    return NULL;
}

int main(void) {
    watchdog(60);
    if (futex(&lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == -1 && errno == ENOSYS) SKIP("no PI futexes");
    EXPECT_EQ(lock, own_tid());
    EXPECT_ERRNO(futex(&lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EDEADLK);
    pthread_t thread = start_thread(take, NULL);
    while ((__atomic_load_n(&lock, __ATOMIC_SEQ_CST) & FUTEX_WAITERS) == 0) sched_yield();
    wait_until_at_least(&tid, 1);
    EXPECT_EQ(got, 0);
    // The thread's attempt with a timeout sets the bit, too: wait until it sleeps for good.
    while ((__atomic_load_n(&lock, __ATOMIC_SEQ_CST) & FUTEX_WAITERS) == 0 || thread_state(getpid(), tid) != 'S')
        sched_yield();
    EXPECT_OK(futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    join_thread(thread);
    EXPECT_EQ(got, 1);
    EXPECT_EQ(lock & FUTEX_TID_MASK, 0);
    EXPECT_OK(futex(&lock, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
    EXPECT_OK(futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    uint32_t stranger = 0x3fffff;
    EXPECT_ERRNO(futex(&stranger, FUTEX_LOCK_PI, 0, NULL, NULL, 0), ESRCH);

    lock = 0;
    tid = 0;
    thread = start_thread(wait_for_condition, NULL);
    wait_until_at_least(&tid, 1);
    wait_asleep(getpid(), tid);
    EXPECT_OK(futex(&lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    while (futex(&condition, FUTEX_CMP_REQUEUE_PI, 1, (void*)1, &lock, 0) == 0) sched_yield();
    EXPECT_OK(futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    join_thread(thread);
    return 0;
}
