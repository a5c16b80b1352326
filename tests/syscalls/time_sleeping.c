// SPDX-License-Identifier: Apache-2.0
//
// nanosleep and clock_nanosleep: not shorter than asked, the rest after a signal (and none with TIMER_ABSTIME), past
// times return at once, bad times EINVAL, clocks that cannot be slept on, a CPU clock passes only while one computes.
// clock_nanosleep(2).
#include "testing.h"

static struct timespec now_of(clockid_t clock) {
    struct timespec time;
    EXPECT_OK(clock_gettime(clock, &time));
    return time;
}

static long long nanoseconds(struct timespec time) { return time.tv_sec * 1000000000LL + time.tv_nsec; }

static void* compute(void* argument) {
    volatile unsigned long work = 0;
    while (!load((volatile int*)argument)) work++;
    return NULL;
}

int main(void) {
    watchdog(60);
    struct timespec brief = {.tv_nsec = 3000000}, left = {.tv_sec = 77}, begin = now_of(CLOCK_MONOTONIC);
    EXPECT_OK(nanosleep(&brief, &left));
    EXPECT(nanoseconds(now_of(CLOCK_MONOTONIC)) - nanoseconds(begin) >= 3000000);
    EXPECT_EQ(left.tv_sec, 77);  // written after a signal only
    brief.tv_nsec = 1000000000;
    EXPECT_ERRNO(nanosleep(&brief, NULL), EINVAL);
    brief = (struct timespec){.tv_sec = -1};
    EXPECT_ERRNO(nanosleep(&brief, NULL), EINVAL);
    EXPECT_ERRNO(syscall(SYS_nanosleep, 8L, NULL), EFAULT);

    static const clockid_t kClocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_TAI};
    for (int i = 0; i < 4; i++) {
        struct timespec until = now_of(kClocks[i]);
        until.tv_nsec += 2000000;
        if (until.tv_nsec >= 1000000000) until.tv_nsec -= 1000000000, until.tv_sec++;
        EXPECT_EQ(clock_nanosleep(kClocks[i], TIMER_ABSTIME, &until, NULL), 0);
        EXPECT(nanoseconds(now_of(kClocks[i])) >= nanoseconds(until));
        EXPECT_EQ(clock_nanosleep(kClocks[i], TIMER_ABSTIME, &until, NULL), 0);  // past
    }
    brief = (struct timespec){.tv_nsec = 1000};
    EXPECT_EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &brief, NULL), EINVAL);
    EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC_COARSE, 0, &brief, NULL), EOPNOTSUPP);
    EXPECT_EQ(clock_nanosleep(77, 0, &brief, NULL), EINVAL);
    volatile int stop = 0;
    pthread_t thread = start_thread(compute, (void*)&stop);
    brief.tv_nsec = 2000000;
    EXPECT_EQ(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &brief, NULL), 0);
    store(&stop, 1);
    join_thread(thread);

    count_signals(SIGUSR1, SA_RESTART);  // sleeping is never restarted
    pid_t child = start_interrupting(SIGUSR1);
    struct timespec large = {.tv_sec = 500};
    EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &large, &left), EINTR);
    EXPECT(left.tv_sec >= 400 && left.tv_sec < 500);
    left.tv_sec = 77;
    large = now_of(CLOCK_MONOTONIC);
    large.tv_sec += 500;
    EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &large, &left), EINTR);
    EXPECT_EQ(left.tv_sec, 77);
    stop_interrupting(child);
    return 0;
}
