// SPDX-License-Identifier: Apache-2.0
//
// FUTEX_WAIT_BITSET and FUTEX_WAKE_BITSET: who waits with a common bit wakes; the timeout is a time of the clock that
// was chosen; no bit at all is EINVAL; FUTEX_WAKE wakes any. FUTEX_WAIT's timeout is relative. futex(2).
#include "testing.h"

#include <linux/futex.h>

static uint32_t word;
static volatile int tids[3], done[3];

static long wait_bits(uint32_t expected, const struct timespec* until, uint32_t bits, int flags) {
    return syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | flags, expected, until, NULL, bits);
}

static long wake_bits(int count, uint32_t bits) {
    return syscall(SYS_futex, &word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, count, NULL, NULL, bits);
}

static void* body(void* argument) {
    long index = (long)argument;
    store(&tids[index], own_tid());
    while (wait_bits(0, NULL, 1U << index, 0) == -1) EXPECT_EQ(errno, EINTR);
    store(&done[index], 1);
    return NULL;
}

int main(void) {
    watchdog(60);
    pthread_t threads[3];
    for (long i = 0; i < 3; i++) threads[i] = start_thread(body, (void*)i);
    for (int i = 0; i < 3; i++) {
        wait_until_at_least(&tids[i], 1);
        wait_asleep(getpid(), tids[i]);
    }
    EXPECT_EQ(wake_bits(100, 8), 0);
    while (wake_bits(100, 2) == 0) sched_yield();
    join_thread(threads[1]);
    EXPECT(!load(&done[0]) && !load(&done[2]));
    while (wake_bits(100, 4 | 2) == 0) sched_yield();
    join_thread(threads[2]);
    EXPECT(!load(&done[0]));
    while (syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1) == 0) sched_yield();
    join_thread(threads[0]);

    static const clockid_t kClocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME};
    for (int i = 0; i < 2; i++) {
        int flags = i == 1 ? FUTEX_CLOCK_REALTIME : 0;
        struct timespec until, now;
        EXPECT_OK(clock_gettime(kClocks[i], &until));
        EXPECT_ERRNO(wait_bits(0, &until, FUTEX_BITSET_MATCH_ANY, flags), ETIMEDOUT);
        until.tv_nsec += 2000000;
        if (until.tv_nsec >= 1000000000) until.tv_nsec -= 1000000000, until.tv_sec++;
        EXPECT_ERRNO(wait_bits(0, &until, 1, flags), ETIMEDOUT);
        EXPECT_OK(clock_gettime(kClocks[i], &now));
        EXPECT(now.tv_sec > until.tv_sec || (now.tv_sec == until.tv_sec && now.tv_nsec >= until.tv_nsec));
    }
    struct timespec brief = {.tv_nsec = 1000000}, bad = {.tv_nsec = 1000000000};
    EXPECT_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &brief), ETIMEDOUT);
    EXPECT_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, &brief), EAGAIN);
    EXPECT_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &bad), EINVAL);
    EXPECT_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, (void*)8), EFAULT);
    EXPECT_ERRNO(syscall(SYS_futex, (char*)&word + 2, FUTEX_WAIT_PRIVATE, 0, NULL), EINVAL);
    EXPECT_ERRNO(syscall(SYS_futex, (void*)0x1000, FUTEX_WAIT_PRIVATE, 0, NULL), EFAULT);
    EXPECT_ERRNO(wait_bits(0, NULL, 0, 0), EINVAL);
    EXPECT_ERRNO(wake_bits(1, 0), EINVAL);
    EXPECT_ERRNO(syscall(SYS_futex, &word, 99, 0, NULL, NULL, 0), ENOSYS);
    return 0;
}
