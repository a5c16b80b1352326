// SPDX-License-Identifier: Apache-2.0
//
// futex_waitv waits at up to 128 words and says which one was woken; EAGAIN when one has changed, ETIMEDOUT at a time
// of its clock, EINVAL for bad flags and counts; futex_wake and futex_wait where the kernel has them. futex(2),
// Documentation/userspace-api/futex2.rst.
#include "testing.h"

#include <linux/futex.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#define NUMBER_futex_wake    454
#define NUMBER_futex_wait    455
#define NUMBER_futex_requeue 456

struct waiter {
    uint64_t value, address;
    uint32_t flags, reserved;
};
enum { kWords = 128, kSize32 = 2, kPrivate = 128 };
static uint32_t words[kWords];
static struct waiter waiters[kWords];
static volatile int tid;

static long waitv(unsigned count, const struct timespec* until, int clock) {
    return syscall(SYS_futex_waitv, waiters, count, 0, until, clock);
}

static void* wait_for_any(void*) {
    store(&tid, own_tid());
    long result;
    do result = waitv(kWords, NULL, 0);
    while (result == -1 && errno == EINTR);
    return (void*)result;
}

int main(void) {
    watchdog(60);
    for (int i = 0; i < kWords; i++)
        waiters[i] = (struct waiter){.address = (uintptr_t)&words[i], .flags = kSize32 | kPrivate};
    words[5] = 1;
    if (waitv(kWords, NULL, 0) == -1 && errno == ENOSYS) SKIP("no futex_waitv");
    EXPECT_EQ(errno, EAGAIN);
    words[5] = 0;
    pthread_t thread = start_thread(wait_for_any, NULL);
    wait_until_at_least(&tid, 1);
    wait_asleep(getpid(), tid);
    while (syscall(SYS_futex, &words[77], FUTEX_WAKE_PRIVATE, 1) == 0) sched_yield();
    EXPECT_EQ((long)join_thread(thread), 77);

    struct timespec past = {.tv_sec = 1};
    EXPECT_ERRNO(waitv(2, &past, CLOCK_MONOTONIC), ETIMEDOUT);
    EXPECT_ERRNO(waitv(2, &past, CLOCK_REALTIME), ETIMEDOUT);
    EXPECT_ERRNO(waitv(2, &past, CLOCK_THREAD_CPUTIME_ID), EINVAL);
    EXPECT_ERRNO(waitv(0, NULL, 0), EINVAL);
    EXPECT_ERRNO(waitv(kWords + 1, NULL, 0), EINVAL);
    EXPECT_ERRNO(syscall(SYS_futex_waitv, waiters, 1, 1, NULL, 0), EINVAL);
    EXPECT_ERRNO(syscall(SYS_futex_waitv, 8L, 1, 0, NULL, 0), EFAULT);
    waiters[1].flags = 0x40;
    EXPECT_ERRNO(waitv(2, NULL, 0), EINVAL);

    uint32_t word = 0;
    if (syscall(NUMBER_futex_wake, &word, ~0UL, 1, kSize32 | kPrivate) == -1 && errno == ENOSYS) return 0;
    EXPECT_EQ(syscall(NUMBER_futex_wake, &word, ~0UL >> 32, 1, kSize32 | kPrivate), 0);
    EXPECT_ERRNO(syscall(NUMBER_futex_wait, &word, 1L, ~0UL >> 32, kSize32 | kPrivate, NULL, 0), EAGAIN);
    EXPECT_ERRNO(syscall(NUMBER_futex_wait, &word, 0L, ~0UL >> 32, kSize32 | kPrivate, &past, CLOCK_MONOTONIC),
                 ETIMEDOUT);
    return 0;
}
