// SPDX-License-Identifier: Apache-2.0
//
// A wait for a futex that hands on priority is repeated after a handler, with SA_RESTART or without: glibc takes any error but
// two for the lock. From libc's syscall(2) and from a usual site; a mutex with PTHREAD_PRIO_INHERIT excludes. futex(2), FUTEX_LOCK_PI.
#include "testing.h"

#include <linux/futex.h>

static int word;
static volatile int held;

static long lock_from_site(void) {
    long result;
    register long r10 __asm__("r10") = 0;
    __asm__ volatile("mov $202, %%eax\n\tsyscall"
                     : "=a"(result)
                     : "D"(&word), "S"(FUTEX_LOCK_PI_PRIVATE), "d"(0), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}

static long lock_from_libc(void) { return syscall(SYS_futex, &word, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0); }
static void lock(void) { EXPECT_EQ(lock_from_libc(), 0); }
static void unlock(void) { EXPECT_EQ(syscall(SYS_futex, &word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0), 0); }

static pthread_mutex_t mutex;
static void lock_mutex(void) { EXPECT_EQ(pthread_mutex_lock(&mutex), 0); }
static void unlock_mutex(void) { EXPECT_EQ(pthread_mutex_unlock(&mutex), 0); }

static pid_t waiting;
struct Way {
    void (*lock)(void);
    void (*unlock)(void);
};

static void* hold(void* argument) {
    const struct Way* const way = argument;
    way->lock();
    store(&held, 1);
    for (int i = 0; i < 3; i++) interrupt_once(getpid(), waiting, SIGUSR1);
    store(&held, 0);
    way->unlock();
    return NULL;
}

static void check(const struct Way* way, long (*wait)(void)) {
    pthread_t holder = start_thread(hold, (void*)way);
    wait_until_at_least(&held, 1);
    if (wait != NULL)
        EXPECT_EQ(wait(), 0);
    else
        way->lock();
    EXPECT_EQ(load(&held), 0);
    way->unlock();
    join_thread(holder);
}

int main(void) {
    watchdog(60);
    waiting = own_tid();
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    EXPECT_EQ(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT), 0);
    EXPECT_EQ(pthread_mutex_init(&mutex, &attributes), 0);
    static const struct Way kFutex = {lock, unlock}, kMutex = {lock_mutex, unlock_mutex};
    for (int round = 0; round < 6; round++) {
        count_signals(SIGUSR1, round % 2 == 0 ? 0 : SA_RESTART);
        check(&kFutex, lock_from_libc);
        check(&kFutex, lock_from_site);
        check(&kMutex, NULL);
    }
    return 0;
}
